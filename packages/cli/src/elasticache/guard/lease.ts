/**
 * One of several guards is active. The lease is a record in the cluster itself, and compare-and-swap decides who has it.
 *
 * The record can be lost, with its node or by a flush, while its holder still acts by it. So nobody acts because nothing is
 * there: a guard claims the lease, renews the claim for as long as a lease lasts, and acts when nobody objected. A holder
 * that lives sees the claim within a third of that time; one that can't read stops by its own clock after two thirds.
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

/** A lease that was not renewed for so long is another's. */
export const LEASE_MS = 30_000;
/** Longer than it takes another guard to see that nobody renews it. */
const TTL_SECONDS = 600;
const FREE = 'free';

export interface LeaseOptions {
  /** A name that no other guard has. */
  readonly name: string;
  /** Default {@link LEASE_MS}. */
  readonly leaseMs?: number | undefined;
  readonly clock?: LeaseClock;
  /** It is held from now on. The signal fires when it is not any more. */
  readonly onHeld?: (signal: AbortSignal) => void;
}

/** What is known of a record that is there. */
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
  /** As it was written last. */
  #record: CacheRecord | undefined;
  /** When the latest renewal that succeeded was asked for. */
  #renewedAt: Moment | undefined;
  /** Since when the claim stands. */
  #claimedAt: Moment | undefined;
  /** Of another guard's record. */
  #seen: Sighting | undefined;
  #held: AbortController | undefined;
  #expiry: NodeJS.Timeout | undefined;

  constructor(store: Pick<Client, 'get' | 'set'>, clusterId: string, options: LeaseOptions) {
    const { name, leaseMs = LEASE_MS, clock = leaseClock, onHeld = () => undefined } = options;
    this.#store = store;
    this.#key = `sess-guard/${clusterId}/lease`;
    this.#name = name;
    this.#leaseMs = leaseMs;
    this.#clock = clock;
    this.#onHeld = onHeld;
  }

  /** Whether no other guard can have it: by the own clock, and a third of its time before it ends. */
  get isHeld(): boolean {
    return this.#renewedAt !== undefined && this.#clock.mostSince(this.#renewedAt) < (2 * this.#leaseMs) / 3;
  }

  /** Fires when it is not held any more; has fired while it is not held. */
  get signal(): AbortSignal {
    return this.#held?.signal ?? AbortSignal.abort();
  }

  /** Takes and renews it until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.check();
      await pause(this.#leaseMs / 3, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One look, and what follows from it. An outage is no answer: time goes on. Never rejects. */
  async check(): Promise<void> {
    const asked = this.#clock.now();
    try {
      const found = await this.#store.get(this.#key);
      await this.#decide(found, asked);
    } catch (error) {
      if (SessClientError.is(error) && error.code === 'SESS_CONFLICT') this.#lose();
    }
    if (!this.isHeld) this.#stop();
  }

  /**
   * Frees it, so that another guard can go on at once: call it when nothing is done by it any more. What another guard has
   * taken meanwhile stays, and so does a claim: who had the lease before may still act by it. Never rejects.
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

  /** Whether another guard's record has been as it is for as long as a lease lasts. */
  #isUnchanged(version: bigint, now: Moment): boolean {
    if (this.#seen?.version !== version) this.#seen = { version, since: this.#clock.now() };
    return this.#clock.steadyBetween(this.#seen.since, now) >= this.#leaseMs;
  }

  /** A claim that was lost meanwhile begins anew: another guard may have been there in between. */
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

  /** Whatever is done by it ends. */
  #stop(): void {
    if (this.isHeld) return;
    clearTimeout(this.#expiry);
    this.#held?.abort();
    this.#held = undefined;
  }
}
