import { setTimeout as pause } from 'node:timers/promises';

/** Durations at AWS, in seconds. AWS guarantees none of them; people report durations of this order. */
export const AWS_SECONDS = {
  /** From the request until a new node is listed. */
  addNode: 120,
  /** From the end of a removed node until it is unlisted. */
  listedAfterDeath: 60,
  /** How long no server answers under the name of a replaced node. */
  replaceNode: 90,
  rebootNode: 30,
  /** Between two checks of a metric by auto scaling. */
  metricPeriod: 60,
} as const;

/** Simulates AWS's time, which passes faster here. */
export class AwsTime {
  readonly #scale: number;
  readonly #signal: AbortSignal;

  constructor(scale: number, signal: AbortSignal) {
    this.#scale = scale;
    this.#signal = signal;
  }

  /** How many milliseconds the given number of AWS's seconds takes here. */
  milliseconds(seconds: number): number {
    return (1_000 * seconds) / this.#scale;
  }

  /** Waits. @throws if the stand-in is closed meanwhile */
  async pass(seconds: number): Promise<void> {
    await pause(this.milliseconds(seconds), undefined, { signal: this.#signal });
  }
}
