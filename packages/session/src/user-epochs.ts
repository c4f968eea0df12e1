import { hash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode, SessionError } from './errors.ts';
import type { ResolvedOptions } from './options.ts';
import type { SessionStore, StoredSession } from './session-store.ts';
import { EPOCH_BYTES, type Epoch } from './session-owner.ts';
import { touchThrottle, type TouchThrottle } from './touch-throttle.ts';

/** For how long an epoch that was read is good without asking again, in milliseconds. */
const CACHE_MS = 1_000;

/** Users whose epoch a process remembers. */
const MAX_CACHED = 10_000;

/** How much longer than a session an epoch lives at least: what is cached is checked against a record that is older by so much. */
const SLACK_SECONDS = 60;

/** Longest time to live that memcached's client takes. */
const MAX_SECONDS = 315_360_000;

const MAX_ATTEMPTS = 40;
const MAX_PAUSE_MS = 64;

interface Cached {
  /** When the answer was asked for. */
  readonly at: number;
  readonly epoch: Promise<Epoch | undefined>;
}

type EpochOptions = Pick<ResolvedOptions, 'keyPrefix' | 'ttlSeconds' | 'touchAfterSeconds' | 'now'>;

/**
 * An epoch for each user, in the same store as the sessions: a random number that every session of the user carries, and that a revocation replaces.
 *
 * A session is good only while its epoch is the one in the store. One that is lost (a crashed node, an eviction) ends the user's sessions; it never lets
 * a revoked one back in. Numbers that are equal or not need no clock.
 */
export class UserEpochs {
  readonly #store: SessionStore;
  readonly #options: EpochOptions;
  readonly #ttlSeconds: number;
  readonly #touches: TouchThrottle;
  /** In the order in which they were asked for. */
  readonly #cache = new Map<string, Cached>();

  constructor(store: SessionStore, options: EpochOptions) {
    this.#store = store;
    this.#options = options;
    // Touched like a session, it outlives each that is used.
    this.#ttlSeconds = Math.min(MAX_SECONDS, options.ttlSeconds + options.touchAfterSeconds + SLACK_SECONDS);
    this.#touches = touchThrottle(options.touchAfterSeconds, options.now);
  }

  /**
   * Whether a session with this epoch is good. What was read within the last second may answer yes; a no is always asked for anew.
   *
   * @throws {SessionError} `SESS_UNAVAILABLE`
   */
  async isCurrent(user: string, epoch: Epoch): Promise<boolean> {
    const cached = this.#cached(user);
    if (cached !== undefined && (await cached) === epoch) return true;
    return (await this.#read(user)) === epoch;
  }

  /** The user's epoch, read now; made where there is none. */
  async ensure(user: string): Promise<Epoch> {
    return this.#settle(user, (current) => current);
  }

  /** Gives the user another epoch: every session with an earlier one is refused from now on, by other processes within a second. */
  async revoke(user: string): Promise<Epoch> {
    return this.#settle(user, () => undefined);
  }

  /** Stores a new epoch unless `keep` finds the present one good. */
  async #settle(user: string, keep: (current: Epoch | undefined) => Epoch | undefined): Promise<Epoch> {
    const key = this.#keyOf(user);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const at = this.#options.now();
      const stored = await this.#store.load(key);
      const kept = keep(stored && epochIn(stored));
      if (kept !== undefined) return this.#remember(user, kept, at);
      const value = randomBytes(EPOCH_BYTES);
      try {
        const saved = await this.#store.save(key, value, { ttlSeconds: this.#ttlSeconds, expect: stored ?? 'absent' });
        this.#touches.moved(key, saved.ttlSeconds);
        return this.#remember(user, value.toString('hex'), at);
      } catch (error) {
        if (!hasCode(error, 'SESS_CONFLICT')) throw error;
      }
      await sleep(Math.random() * Math.min(MAX_PAUSE_MS, 2 ** attempt));
    }
    throw new SessionError('SESS_CONFLICT', `the sessions of one user were revoked by others first, ${MAX_ATTEMPTS} times in a row`);
  }

  #read(user: string): Promise<Epoch | undefined> {
    const epoch = this.#load(this.#keyOf(user));
    const cached: Cached = { at: this.#options.now(), epoch };
    this.#put(user, cached);
    // Whoever asked hears of a failure; the next one asks again.
    epoch.catch(() => this.#cache.get(user) === cached && this.#cache.delete(user));
    return epoch;
  }

  async #load(key: string): Promise<Epoch | undefined> {
    const stored = await this.#store.load(key);
    if (stored === undefined) return undefined;
    if (this.#touches.isDue(key, stored.ttlSeconds, this.#ttlSeconds)) await this.#touch(key, stored.ttlSeconds);
    return epochIn(stored);
  }

  /** Moves the expiry. A failure is no reason to refuse the session: the next request touches it. */
  async #touch(key: string, remainingSeconds: number | undefined): Promise<void> {
    try {
      await this.#store.touch(key, this.#ttlSeconds);
      this.#touches.moved(key, remainingSeconds);
    } catch (error) {
      if (!SessionError.is(error)) throw error;
    }
  }

  #cached(user: string): Promise<Epoch | undefined> | undefined {
    const cached = this.#cache.get(user);
    if (cached === undefined) return undefined;
    const age = this.#options.now() - cached.at;
    // A clock that was set back makes nothing younger.
    return age >= 0 && age < CACHE_MS ? cached.epoch : undefined;
  }

  #remember(user: string, epoch: Epoch, at: number): Epoch {
    this.#put(user, { at, epoch: Promise.resolve(epoch) });
    return epoch;
  }

  #put(user: string, cached: Cached): void {
    this.#cache.delete(user);
    this.#cache.set(user, cached);
    if (this.#cache.size <= MAX_CACHED) return;
    const oldest = this.#cache.keys().next();
    if (!oldest.done) this.#cache.delete(oldest.value);
  }

  /** No id hashes to it: ids are made of other letters, and shorter. */
  #keyOf(user: string): string {
    return this.#options.keyPrefix + hash('sha256', `epoch of the user ${user}`, 'base64url');
  }
}

function epochIn({ value }: StoredSession): Epoch {
  return Buffer.from(value).toString('hex');
}
