import { hasCode } from '../../errors.ts';
import type { BackingTouch } from './backing.ts';

/** How long touches are collected, in milliseconds. */
const GATHER_MS = 1_000;
/** Touches in one request. */
const TOGETHER = 500;
/**
 * Most waiting touches; one more drops the oldest, whose session then ends sooner in the database than in the cache.
 */
const MOST = 10_000;

/**
 * Collects touches and sends them together once a second, up to 500 in one request. Failed touches are retried with the
 * next batch.
 */
export class TouchBatch {
  readonly #send: ((touches: readonly BackingTouch[]) => Promise<void>) | undefined;
  readonly #waiting = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(send: ((touches: readonly BackingTouch[]) => Promise<void>) | undefined) {
    this.#send = send;
  }

  add(id: string, expiresAt: number): void {
    if (this.#send === undefined || this.#closed) return;
    this.#waiting.delete(id);
    this.#waiting.set(id, expiresAt);
    this.#makeRoom();
    this.#schedule();
  }

  /** The session was saved or destroyed, so its expiry is in the database. */
  drop(id: string): void {
    this.#waiting.delete(id);
  }

  /** Sends the waiting touches, without retries. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#sendAll();
    this.#waiting.clear();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#closed || this.#waiting.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#sendAll().finally(() => this.#schedule());
    }, GATHER_MS);
    this.#timer.unref();
  }

  /** Never rejects. Sorted by id, so that two processes that touch the same sessions do not deadlock. */
  async #sendAll(): Promise<void> {
    const touches = [...this.#waiting]
      .map(([id, expiresAt]) => ({ id, expiresAt }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    this.#waiting.clear();
    for (let start = 0; start < touches.length; start += TOGETHER) {
      try {
        await this.#sendTogether(touches.slice(start, start + TOGETHER));
      } catch {
        // The circuit breaker reports the failure.
        for (const { id, expiresAt } of touches.slice(start))
          if (!this.#waiting.has(id)) this.#waiting.set(id, expiresAt);
        this.#makeRoom();
        return;
      }
    }
  }

  /** If the database refuses a touch because of its data, sends the others of the batch without it. */
  async #sendTogether(touches: readonly BackingTouch[]): Promise<void> {
    try {
      await this.#send?.(touches);
    } catch (error) {
      if (!hasCode(error, 'SESS_BAD_DATA')) throw error;
      if (touches.length === 1) return;
      const half = Math.ceil(touches.length / 2);
      await this.#sendTogether(touches.slice(0, half));
      await this.#sendTogether(touches.slice(half));
    }
  }

  #makeRoom(): void {
    for (const id of this.#waiting.keys()) {
      if (this.#waiting.size <= MOST) return;
      this.#waiting.delete(id);
    }
  }
}
