import { beginWork, endWork } from '@sess/working-time';
import { deadline, type CancelTimer, type Clock } from './clock.ts';

/** Counts pending operations, so that closing can wait for them. They keep the process running. */
export class PendingOperations {
  #count = 0;
  #onSettled: (() => void) | undefined;

  readonly #leave = (): void => {
    this.#count -= 1;
    endWork();
    if (this.#count === 0) this.#onSettled?.();
  };

  /** Counts `operation` until it settles, and returns it. */
  track<T>(operation: Promise<T>): Promise<T> {
    this.#count += 1;
    beginWork();
    operation.then(this.#leave, this.#leave);
    return operation;
  }

  /** Resolves when no operation is pending, or after `shutdownTimeoutMs`. Call it once. */
  async settled(clock: Clock, shutdownTimeoutMs: number): Promise<void> {
    if (this.#count === 0) return;
    let cancel: CancelTimer | undefined;
    await new Promise<void>((resolve) => {
      this.#onSettled = resolve;
      cancel = deadline(clock, shutdownTimeoutMs, resolve);
    });
    cancel?.();
  }
}
