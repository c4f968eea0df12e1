import type { CacheRecord, Client } from '@sess/client';
import { SessClientError } from '@sess/client';

/** A lease that was not renewed for so long is free. */
const LEASE_SECONDS = 30;

/**
 * One of several guards is active. The lease is a record in the cluster itself: compare-and-swap decides who has it.
 */
export class GuardLease {
  readonly #client: Client;
  readonly #key: string;
  readonly #own: string;
  #held: CacheRecord | undefined;
  #heldUntil = -Infinity;

  /** `own`: a name that no other guard has. */
  constructor(client: Client, clusterId: string, own: string) {
    this.#client = client;
    this.#key = `sess-guard/${clusterId}/lease`;
    this.#own = own;
  }

  /** Whether it is held for certain: by the own clock, and a third before it ends. */
  get isHeld(): boolean {
    return performance.now() < this.#heldUntil;
  }

  /** Takes or renews it. Resolves with whether it is held now. An outage is no answer, and counts as the lease's time does. */
  async keep(): Promise<boolean> {
    const askedAt = performance.now();
    try {
      const found = await this.#client.get(this.#key);
      if (found !== undefined && found.value.toString() !== this.#own) {
        this.#lose();
        return false;
      }
      this.#held = await this.#client.set(this.#key, this.#own, {
        ttlSeconds: LEASE_SECONDS,
        expect: found ?? 'absent',
      });
      this.#heldUntil = askedAt + (LEASE_SECONDS * 1_000 * 2) / 3;
    } catch (error) {
      if (SessClientError.is(error) && error.code === 'SESS_CONFLICT') this.#lose();
    }
    return this.isHeld;
  }

  /** So that another guard can go on in a second. One that another guard has taken meanwhile stays. Never rejects. */
  async release(): Promise<void> {
    const held = this.#held;
    this.#lose();
    if (held === undefined) return;
    await this.#client.set(this.#key, 'free', { ttlSeconds: 1, expect: held }).catch(() => undefined);
  }

  #lose(): void {
    this.#held = undefined;
    this.#heldUntil = -Infinity;
  }
}
