/**
 * Whether requests go to a node. A pure state machine without timers and I/O: a {@link Node} reports events and runs
 * its probes.
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
 * - In `unknown`, `up` and `suspect` requests pass. In `down` they fail at once; only probes go out, at growing
 *   intervals.
 * - `suspect`: the connection was lost and is being re-established. A closed idle connection is not an outage: a probe
 *   follows at once and reconnects, and no later request fails. A server that is gone refuses the probe and is `down`
 *   within a round trip.
 * - Failures that count: no answer in time, no connection in time, a malformed reply, an error of the server. Those
 *   within {@link SAME_FAILURE_MS} of each other count once: a hundred requests in flight during one hiccup are one
 *   failure.
 * - Failures that don't count, because the node works: a refused key or value (too large, or no memory left: the node
 *   still answers reads), an aborted request, a full queue.
 * - Until a node is `down`, only the answer to a request resets the failures: a node that answers only probes does not
 *   work.
 */
import { SessClientError, type SessClientErrorCode } from '../errors.ts';

export type BreakerState = 'unknown' | 'up' | 'suspect' | 'down';

/** Failures this close together have one cause. */
export const SAME_FAILURE_MS = 50;

export interface BreakerOptions {
  readonly failuresToEject: number;
  readonly answersToReturn: number;
}

/** Called after every change of state. */
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

  /** Why the node is `down` or `suspect`; for an `unknown` one, the last failure. */
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

  /** A request failed. {@link disconnected} handles a lost connection. */
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

  /** The transport dropped a connection because this process slept: never a failure of the node. */
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

  /** Keeps the latest reason: a node that hung before and refuses now was restarted, or is gone. */
  #stayDown(error: Error): void {
    this.#answers = 0;
    this.#cause = error;
  }

  /**
   * A probe sent in state `up` failed with an open connection: that is the same failure as the loss of the connection.
   * A probe sent in another state had to connect, and proves that connecting fails.
   */
  #probeLost(error: Error, sentIn: BreakerState): void {
    if (sentIn !== 'up') this.#become('down', error);
    else if (this.#state === 'up') this.#become('suspect', error);
  }

  #count(error: Error): void {
    if (this.#state === 'unknown') this.#cause = error;
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

/**
 * Whether a failure counts against the node. An error that is not a `SessClientError` is a bug of the transport, and
 * counts.
 */
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
