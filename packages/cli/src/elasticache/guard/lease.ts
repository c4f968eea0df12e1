/**
 * One of several guards is active. The lease is a record in the cluster itself, and compare-and-swap decides who has
 * it.
 *
 * The record can be lost, with its node or by a flush, while its holder still acts. So a missing record does not free
 * the lease: a guard claims it, renews the claim for the duration of a lease, and then acts if no other guard wrote the
 * record. A running holder sees the claim within a third of that time; a holder that can't read stops after two thirds
 * of it.
 *
 * ```
 *   nothing, or our own from before ──▶ claimed ──(unbroken for LEASE_MS)──▶ held ──▶ free
 *   another's, unchanged for LEASE_MS ─────────────────────────────────────▶ held
 *   free ──────────────────────────────────────────────────────────────────▶ held
 * ```
 */
import { setTimeout as pause } from 'node:timers/promises';

import { SessClientError, type CacheRecord, type Client } from '@sess/client';

import { leaseClock, type LeaseClock, type Moment } from './lease-clock.ts';

/** Another guard may take a lease that was not renewed for this time. */
export const LEASE_MS = 30_000;
/** Time to live of the record: longer than another guard takes to see that it is not renewed. */
const TTL_SECONDS = 600;
const FREE = 'free';

export interface LeaseOptions {
  /** A name that is unique among guards. */
  readonly name: string;
  /** Default {@link LEASE_MS}. */
  readonly leaseMs?: number | undefined;
  readonly clock?: LeaseClock;
  /** Called when the lease is acquired. The signal fires when it is lost. */
  readonly onHeld?: (signal: AbortSignal) => void;
}

/** The last known state of the stored record. */
interface Sighting {
  readonly version: bigint;
  readonly since: Moment;
}

export class GuardLease {
  readonly #store: Pick<Client, 'get' | 'set'>;
  readonly #key: string;
  readonly #name: string;
  readonly #leaseMs: number;
  readonly #clock: LeaseClock;
  readonly #onHeld: (signal: AbortSignal) => void;
  /** The record as last written. */
  #record: CacheRecord | undefined;
  /** When the latest successful renewal was sent. */
  #renewedAt: Moment | undefined;
  /** Start of the unbroken claim. */
  #claimedAt: Moment | undefined;
  /** The last seen version of another guard's record. */
  #seen: Sighting | undefined;
  #held: AbortController | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #failure: Error | undefined;

  constructor(store: Pick<Client, 'get' | 'set'>, clusterId: string, options: LeaseOptions) {
    const { name, leaseMs = LEASE_MS, clock = leaseClock, onHeld = () => undefined } = options;
    this.#store = store;
    this.#key = `sess-guard/${clusterId}/lease`;
    this.#name = name;
    this.#leaseMs = leaseMs;
    this.#clock = clock;
    this.#onHeld = onHeld;
  }

  /** Whether no other guard can hold it: by this machine's clock, and until a third of its time is left. */
  get isHeld(): boolean {
    return this.#renewedAt !== undefined && this.#clock.mostSince(this.#renewedAt) < (2 * this.#leaseMs) / 3;
  }

  /** Fires when the lease is lost; already fired while it is not held. */
  get signal(): AbortSignal {
    return this.#held?.signal ?? AbortSignal.abort();
  }

  /** The error of the last attempt to read or write the record; `undefined` if there was none, or another guard won. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Acquires and renews the lease until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.check();
      await pause(this.#leaseMs / 3, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Reads the record, and claims, renews or loses the lease. An outage counts as no answer. Never rejects. */
  async check(): Promise<void> {
    const asked = this.#clock.now();
    try {
      const found = await this.#store.get(this.#key);
      await this.#decide(found, asked);
      this.#failure = undefined;
    } catch (error) {
      const isRace = SessClientError.is(error) && error.code === 'SESS_CONFLICT';
      if (isRace) this.#lose();
      this.#failure = isRace ? undefined : (error as Error);
    }
    if (!this.isHeld) this.#stop();
  }

  /**
   * Releases the lease, so that another guard can continue at once. Call it after all work has ended. Leaves another
   * guard's lease alone, and a claim as well: the previous holder may still act. Never rejects.
   */
  async release(): Promise<void> {
    const record = this.isHeld ? this.#record : undefined;
    this.#lose();
    if (record !== undefined) await this.#set(FREE, record).catch(() => undefined);
  }

  async #decide(found: CacheRecord | undefined, asked: Moment): Promise<void> {
    const holder = found?.value.toString();
    const isOthers = holder !== undefined && holder !== FREE && holder !== this.#name;
    if (isOthers && found !== undefined) {
      this.#lose();
      if (this.#isUnchanged(found.version, asked)) await this.#write(this.#name, found, asked);
      return;
    }
    this.#seen = undefined;
    if (holder === FREE || this.isHeld) return this.#write(this.#name, found, asked);
    await this.#claim(found, asked);
  }

  /** Whether another guard's record has not changed for the duration of a lease. */
  #isUnchanged(version: bigint, now: Moment): boolean {
    if (this.#seen?.version !== version) this.#seen = { version, since: this.#clock.now() };
    return this.#clock.steadyBetween(this.#seen.since, now) >= this.#leaseMs;
  }

  /** Restarts the claim if its record was lost: another guard may have written in between. */
  async #claim(found: CacheRecord | undefined, asked: Moment): Promise<void> {
    if (found === undefined) this.#claimedAt = undefined;
    const since = this.#claimedAt;
    if (since !== undefined && this.#clock.steadyBetween(since, asked) >= this.#leaseMs)
      return this.#write(this.#name, found, asked);
    await this.#set(this.#name, found);
    this.#claimedAt ??= this.#clock.now();
  }

  async #write(name: string, found: CacheRecord | undefined, asked: Moment): Promise<void> {
    this.#record = await this.#set(name, found);
    this.#claimedAt = undefined;
    this.#seen = undefined;
    this.#renewedAt = asked;
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(() => this.#stop(), (2 * this.#leaseMs) / 3 - this.#clock.mostSince(asked));
    this.#expiry.unref();
    if (this.#held !== undefined || !this.isHeld) return;
    this.#held = new AbortController();
    this.#onHeld(this.#held.signal);
  }

  #set(value: string, found: CacheRecord | undefined): Promise<CacheRecord> {
    return this.#store.set(this.#key, value, { ttlSeconds: TTL_SECONDS, expect: found ?? 'absent' });
  }

  #lose(): void {
    this.#record = undefined;
    this.#renewedAt = undefined;
    this.#claimedAt = undefined;
    this.#stop();
  }

  /** Aborts all work under the lease. */
  #stop(): void {
    if (this.isHeld) return;
    clearTimeout(this.#expiry);
    this.#held?.abort();
    this.#held = undefined;
  }
}
