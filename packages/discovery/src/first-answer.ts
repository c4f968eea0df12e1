import { childController } from './deadline.ts';
import type { Clock, Timer } from './clock.ts';

/** Timing of {@link firstAnswer}. */
export interface Pace {
  /** How long one candidate may be silent before the next is asked too, in milliseconds. */
  readonly staggerMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Asks one candidate after the other: the next one when one fails or is silent for `staggerMs`. The first answer wins,
 * and aborts the others' signal. Usually only one candidate is asked; a dead one costs `staggerMs`, not its whole
 * timeout.
 *
 * Rejects with an `AggregateError` of all failures, in the order in which they came, if no candidate answers.
 */
export function firstAnswer<Candidate, Answer>(
  candidates: readonly Candidate[],
  ask: (candidate: Candidate, signal: AbortSignal) => Promise<Answer>,
  { staggerMs, clock, signal }: Pace,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { controller, release } = childController(signal);
    const waiting = [...candidates];
    const failures: unknown[] = [];
    let timer: Timer | undefined;

    const finish = (settle: () => void): void => {
      timer?.cancel();
      release();
      settle();
      controller.abort();
    };
    const askNext = (): void => {
      timer?.cancel();
      const candidate = waiting.shift();
      if (candidate === undefined) return;
      if (waiting.length > 0) timer = clock.setTimeout(askNext, staggerMs);
      ask(candidate, controller.signal).then(
        (answer) => finish(() => resolve(answer)),
        (error: unknown) => {
          if (controller.signal.aborted) return;
          failures.push(error);
          if (failures.length === candidates.length)
            finish(() => reject(new AggregateError(failures, 'no server answered')));
          else askNext();
        },
      );
    };

    controller.signal.addEventListener(
      'abort',
      () => {
        timer?.cancel();
        reject(signal.reason);
      },
      { once: true },
    );
    if (signal.aborted) reject(signal.reason);
    else if (candidates.length === 0) finish(() => reject(new AggregateError([], 'there was no server to ask')));
    else askNext();
  });
}
