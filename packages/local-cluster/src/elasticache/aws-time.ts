import { setTimeout as pause } from 'node:timers/promises';

/** How long things take at AWS, in seconds. AWS promises none of these; they are of the order that people report. */
export const AWS_SECONDS = {
  /** From the request until a new node is listed. */
  addNode: 120,
  /** A removed node no longer answers, but is still listed. */
  listedAfterDeath: 60,
  /** A replaced node's name has no server. */
  replaceNode: 90,
  rebootNode: 30,
  /** Between two looks of auto scaling at a metric. */
  metricPeriod: 60,
} as const;

/** AWS's time, which passes faster here. */
export class AwsTime {
  readonly #scale: number;
  readonly #signal: AbortSignal;

  constructor(scale: number, signal: AbortSignal) {
    this.#scale = scale;
    this.#signal = signal;
  }

  /** Milliseconds that so many seconds of AWS take here. */
  milliseconds(seconds: number): number {
    return (1_000 * seconds) / this.#scale;
  }

  /** @throws when the stand-in is closed meanwhile */
  async pass(seconds: number): Promise<void> {
    await pause(this.milliseconds(seconds), undefined, { signal: this.#signal });
  }
}
