/**
 * Tells why a session was missed, where somebody listens (`sess:session:miss`). The request does not wait for it: the
 * nodes are asked once more when it has its answer.
 */
import { LRUCache } from 'lru-cache';

import { isHeard, publish, type MissEvent } from '../diagnostics.ts';
import type { MissReport, SessionStore } from '../stores/session-store.ts';

/** Sessions of which a process remembers when they were last there. About 120 bytes each. */
const MAX_REMEMBERED = 10_000;
/** Misses that are looked into at the same time: more at once have one cause, and nodes have other work then. */
const MAX_UNDER_WAY = 16;
/** memcached counts whole seconds. */
const SECOND_MS = 1_000;

interface Sighting {
  readonly seenAt: number;
  /** Until when it would have lived; `undefined` where the store can't tell. */
  readonly endsAt: number | undefined;
  /** When its absolute timeout is over. */
  readonly absoluteEndsAt: number;
}

export interface MissWatchOptions {
  readonly now: () => number;
  readonly ttlSeconds: number;
}

export class MissWatch {
  readonly #store: SessionStore;
  readonly #options: MissWatchOptions;
  /** Made when somebody listens. */
  #seen: LRUCache<string, Sighting> | undefined;
  #underWay = 0;

  constructor(store: SessionStore, options: MissWatchOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** A session was read, written or touched, and lives for so many seconds: to its absolute end at the latest. */
  seen(key: string, remainingSeconds: number | undefined, absoluteEndsAt: number): void {
    if (!isHeard('miss')) return;
    const { now } = this.#options;
    this.#seen ??= new LRUCache({ max: MAX_REMEMBERED });
    const endsAt = remainingSeconds === undefined ? undefined : now() + remainingSeconds * 1_000;
    this.#seen.set(key, { seenAt: now(), endsAt, absoluteEndsAt });
  }

  /** What the record itself said. */
  said(cause: 'revoked' | 'expired' | 'foreign'): void {
    publish('miss', () => ({
      store: this.#store.name,
      cause,
      sureness: 'certain',
      ...(cause === 'expired' && { expiry: 'absolute' as const }),
    }));
  }

  /** The store has no session under `key`. Nobody waits for what comes of it. */
  missed(key: string): void {
    if (!isHeard('miss')) return;
    if (this.#underWay >= MAX_UNDER_WAY) return this.#tell(UNKNOWN);
    void this.#lookInto(key, this.#seen?.peek(key));
  }

  async #lookInto(key: string, sighting: Sighting | undefined): Promise<void> {
    this.#underWay += 1;
    const report = await this.#ask(key, sighting);
    this.#underWay -= 1;
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

const UNKNOWN: MissReport = { cause: 'unknown', sureness: 'possible' };
