/**
 * Publishes why a session was missed (`sess:session:miss`), if the channel has subscribers. It asks the nodes once
 * more; the request does not wait for that.
 */
import { LRUCache } from 'lru-cache';

import { isHeard, publish, type MissEvent } from '../diagnostics.ts';
import type { MissReport, SessionStore } from '../stores/session-store.ts';

/** Sessions for which a process remembers when they were last seen. About 120 bytes each. */
const MAX_REMEMBERED = 10_000;
/** Misses investigated at the same time: after the loss of a node, the others are busy. */
const MAX_UNDER_WAY = 16;
/** Misses that wait for their turn: after the loss of a node, many users come back at once. */
const MAX_WAITING = 1_000;
/** memcached counts whole seconds. */
const SECOND_MS = 1_000;

interface Sighting {
  readonly seenAt: number;
  /** When it would have expired; `undefined` if the store can't tell. */
  readonly endsAt: number | undefined;
  /** When its absolute timeout ends. */
  readonly absoluteEndsAt: number;
}

export interface MissWatchOptions {
  readonly now: () => number;
  readonly ttlSeconds: number;
}

export class MissWatch {
  readonly #store: SessionStore;
  readonly #options: MissWatchOptions;
  /** Made once the channel has subscribers. */
  #seen: LRUCache<string, Sighting> | undefined;
  #underWay = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(store: SessionStore, options: MissWatchOptions) {
    this.#store = store;
    this.#options = options;
  }

  /**
   * Notes that a session was read, written or touched, and lives for `remainingSeconds`, at most until
   * `absoluteEndsAt`.
   */
  seen(key: string, remainingSeconds: number | undefined, absoluteEndsAt: number): void {
    if (!isHeard('miss')) return;
    const { now } = this.#options;
    this.#seen ??= new LRUCache({ max: MAX_REMEMBERED });
    const endsAt = remainingSeconds === undefined ? undefined : now() + remainingSeconds * 1_000;
    this.#seen.set(key, { seenAt: now(), endsAt, absoluteEndsAt });
  }

  /** Reports a miss whose cause the record itself shows. */
  said(cause: 'revoked' | 'expired' | 'foreign'): void {
    publish('miss', () => ({
      store: this.#store.name,
      cause,
      certainty: 'certain',
      ...(cause === 'expired' && { expiry: 'absolute' as const }),
    }));
  }

  /** Reports a miss under `key`, once its cause is known. Does not block. */
  missed(key: string): void {
    if (!isHeard('miss')) return;
    if (this.#waiting.length >= MAX_WAITING) return this.#tell(UNKNOWN);
    void this.#findCause(key, this.#seen?.peek(key));
  }

  async #findCause(key: string, sighting: Sighting | undefined): Promise<void> {
    if (this.#underWay >= MAX_UNDER_WAY) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#underWay += 1;
    const report = await this.#ask(key, sighting);
    // The miss that waited longest takes its place.
    const next = this.#waiting.shift();
    if (next === undefined) this.#underWay -= 1;
    else next();
    const expiry = report.cause === 'expired' ? this.#expiryOf(sighting) : undefined;
    this.#tell(report, expiry);
  }

  /** Never rejects. */
  async #ask(key: string, sighting: Sighting | undefined): Promise<MissReport> {
    const { ttlSeconds } = this.#options;
    try {
      return (
        (await this.#store.whyMissing?.(key, { seenAt: sighting?.seenAt, endsAt: sighting?.endsAt, ttlSeconds })) ??
        UNKNOWN
      );
    } catch {
      return UNKNOWN;
    }
  }

  #expiryOf(sighting: Sighting | undefined): MissEvent['expiry'] {
    if (sighting === undefined) return undefined;
    return this.#options.now() >= sighting.absoluteEndsAt - SECOND_MS ? 'absolute' : 'idle';
  }

  #tell(report: MissReport, expiry?: MissEvent['expiry']): void {
    publish('miss', () => ({ store: this.#store.name, ...report, ...(expiry !== undefined && { expiry }) }));
  }
}

const UNKNOWN: MissReport = { cause: 'unknown', certainty: 'possible' };
