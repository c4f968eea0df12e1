/**
 * Whether a node is spoken to. A pure state machine: no timers, no I/O; a {@link Node} feeds it what happens and probes
 * for it.
 *
 * ```
 *             an answer
 *   unknown ────────────▶ up ◀───────────────────────────────────┐
 *      │                  │ ▲                                    │
 *      │   connection lost│ │a probe answers                     │
 *      │                  ▼ │                                    │ `answersToReturn` probes
 *      │               suspect                                   │ answered in a row
 *      │                  │                                      │
 *      └──────────┬───────┘                                      │
 *                 │  connection refused, or lost again           │
 *                 │  credentials refused                         │
 *                 │  `failuresToEject` failures in a row         │
 *                 │  (these two from `up` as well)               │
 *                 ▼                                              │
 *               down ────────────────────────────────────────────┘
 * ```
 *
 * - In `unknown`, `up` and `suspect` requests pass. In `down` they fail at once; only probes go out, in growing pauses.
 * - `suspect` is a connection that was lost and is being made anew. A server that closes idle connections, or a dropped
 *   connection, is not an outage: the probe that follows at once makes the new connection, and no later request fails
 *   for it. A server that is gone refuses that probe, and is `down` within a round trip.
 * - Failures that count: no answer in time, no connection in time, a malformed reply, an error of the server. Those
 *   within {@link SAME_FAILURE_MS} of each other count once: a hundred requests that were under way during one hiccup
 *   are one failure.
 * - What does not speak against the node as a whole does not count: a key or value that is refused (too large for it,
 *   or no memory left for it: it still answers reads), an aborted request, a full queue.
 * - Only the answer to a request ends a row of failures: a node that answers probes and nothing else is not well.
 */
import { SessClientError, type SessClientErrorCode } from '../errors.ts';

export type BreakerState = 'unknown' | 'up' | 'suspect' | 'down';

/** Failures this close together have one cause. */
export const SAME_FAILURE_MS = 50;

export interface BreakerOptions {
  readonly failuresToEject: number;
  readonly answersToReturn: number;
}

/** Hears of every change of state, when it is done. */
export type BreakerListener = (from: BreakerState, to: BreakerState, cause: Error | undefined) => void;

export class Breaker {
  readonly #options: BreakerOptions;
  readonly #elapsed: () => number;
  readonly #listener: BreakerListener;
  #state: BreakerState = 'unknown';
  #cause: Error | undefined;
  #failures = 0;
  #lastFailureAt = -Infinity;
  #answers = 0;
  #connected = false;

  constructor(options: BreakerOptions, elapsed: () => number, listener: BreakerListener) {
    this.#options = options;
    this.#elapsed = elapsed;
    this.#listener = listener;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Why the node is `down` or `suspect`. */
  get cause(): Error | undefined {
    return this.#cause;
  }

  /** Probes answered in a row since the node went down. */
  get answers(): number {
    return this.#answers;
  }

  /** A request was answered. */
  requestAnswered(): void {
    if (this.#state === 'down') return;
    this.#failures = 0;
    if (this.#state === 'unknown') this.#become('up', undefined);
  }

  /** A request was not answered. What a lost connection means, {@link disconnected} tells. */
  requestFailed(error: unknown): void {
    if (this.#state === 'down') return;
    if (codeOf(error) === 'SESS_AUTH') this.#become('down', asError(error));
    else if (blamesNode(error)) this.#count(asError(error));
  }

  connected(): void {
    this.#connected = true;
  }

  /** A connection was lost, or could not be made. */
  disconnected(error: Error): void {
    const lost = this.#connected;
    this.#connected = false;
    if (this.#state === 'down') this.#answers = 0;
    else if (codeOf(error) === 'SESS_AUTH') this.#become('down', error);
    else if (lost && this.#state === 'up') this.#become('suspect', error);
    else if (!lost && codeOf(error) === 'SESS_TIMEOUT') this.#count(error);
    else if (!lost || this.#state !== 'up') this.#become('down', error);
  }

  /** A connection was given up because this process slept: the node is not to blame, however often it comes. */
  forgotten(error: Error): void {
    this.#connected = false;
    if (this.#state === 'up') this.#become('suspect', error);
  }

  probeAnswered(): void {
    if (this.#state === 'down') {
      this.#answers += 1;
      if (this.#answers < this.#options.answersToReturn) return;
      this.#failures = 0;
    }
    if (this.#state !== 'up') this.#become('up', undefined);
  }

  /** A probe that went out in state `sentIn` was not answered. */
  probeFailed(error: unknown, sentIn: BreakerState): void {
    const code = codeOf(error);
    if (this.#state === 'down') this.#stayDown(asError(error));
    else if (code === 'SESS_AUTH') this.#become('down', asError(error));
    else if (code === 'SESS_CONNECTION') this.#probeLost(asError(error), sentIn);
    else if (blamesNode(error)) this.#count(asError(error));
  }

  /** The latest reason is the one to show: a node that first hung and now refuses was restarted, or is gone. */
  #stayDown(error: Error): void {
    this.#answers = 0;
    this.#cause = error;
  }

  /**
   * A probe sent over a connection that was lost says no more than the loss; one that had to make a connection says
   * that it can't be made.
   */
  #probeLost(error: Error, sentIn: BreakerState): void {
    if (sentIn !== 'up') this.#become('down', error);
    else if (this.#state === 'up') this.#become('suspect', error);
  }

  #count(error: Error): void {
    const now = this.#elapsed();
    if (now - this.#lastFailureAt < SAME_FAILURE_MS) return;
    this.#lastFailureAt = now;
    this.#failures += 1;
    if (this.#failures >= this.#options.failuresToEject) this.#become('down', error);
  }

  #become(state: BreakerState, cause: Error | undefined): void {
    const from = this.#state;
    this.#state = state;
    this.#cause = cause;
    this.#answers = 0;
    this.#listener(from, state, cause);
  }
}

/** Whether a failure counts against the node. An error that is not ours is a fault of the transport, and counts. */
export function blamesNode(error: unknown): boolean {
  if (!SessClientError.is(error)) return true;
  return error.code === 'SESS_TIMEOUT' || error.code === 'SESS_PROTOCOL' || error.code === 'SESS_SERVER';
}

export function codeOf(error: unknown): SessClientErrorCode | undefined {
  return SessClientError.is(error) ? error.code : undefined;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
