import { randomBytes } from 'node:crypto';
import { epochSecret, type EpochSecret } from '../options/epoch-secrets.ts';
import { hasCode, SessionError } from '../errors.ts';
import { LatestEpochs, latestOf } from './latest-epochs.ts';
import type { ResolvedOptions } from '../options/options.ts';
import { MAX_TTL_SECONDS, type SessionStore, type StoredSession } from '../stores/session-store.ts';
import { CONFLICT, retryConflicts } from '../lifecycle/retry-conflicts.ts';
import { EPOCH_BYTES, type Epoch, type UserEpoch } from './session-owner.ts';
import { touchThrottle, type TouchThrottle } from '../lifecycle/touch-throttle.ts';

/** How long an epoch that was read may be used without reading it again, in milliseconds. */
const CACHE_MS = 1_000;

/** How much longer than a session its user's epoch lives at least, because reads of it are cached. */
const SLACK_SECONDS = 60;

const MAX_ATTEMPTS = 40;

/** An epoch begins with its time, so that epochs can be ordered; random bytes follow. */
const TIME_BYTES = 6;

type EpochOptions = Pick<ResolvedOptions, 'keyPrefix' | 'ttlSeconds' | 'touchAfterSeconds' | 'now' | 'secrets'>;

/**
 * A copy of the user's epoch: one per secret, so that servers which have only the old or only the new secret read the
 * same epoch.
 */
interface Place {
  readonly secret: EpochSecret;
  readonly key: string;
  readonly stored: StoredSession | undefined;
  /** `undefined` also if the stored bytes are not authentic. */
  readonly epoch: UserEpoch | undefined;
}

/**
 * One epoch per user, in the same store as the sessions. Every session of the user carries it, and a revocation
 * replaces it by a later one.
 *
 * A session is valid only while its epoch is the one in the store. If the epoch is lost (a crashed node, an eviction),
 * the user's sessions end; a revoked session never becomes valid again. If an earlier epoch is restored, every process
 * that has seen a later one refuses it and writes the later one again.
 *
 * An epoch is touched like a session, and says how long its longest session may stay unused. So it outlives every
 * session in use, and no shorter session shortens its life.
 */
export class UserEpochs {
  readonly #store: SessionStore;
  readonly #options: EpochOptions;
  readonly #touches: TouchThrottle;
  /** The oldest first: servers that do not have the new secret yet write there too. */
  readonly #secrets: readonly EpochSecret[];
  readonly #seen: LatestEpochs;

  constructor(store: SessionStore, options: EpochOptions) {
    this.#store = store;
    this.#options = options;
    this.#touches = touchThrottle(options.touchAfterSeconds, options.now);
    this.#secrets = options.secrets.map((secret) => epochSecret(secret, options.keyPrefix)).toReversed();
    this.#seen = new LatestEpochs(CACHE_MS, options.now);
  }

  /**
   * Whether a session with this epoch and idle timeout is valid. `true` may come from a read within the last second;
   * before `false` the epoch is always read again.
   *
   * @throws {SessionError} `SESS_UNAVAILABLE`
   */
  async isCurrent(user: string, epoch: Epoch, ttlSeconds: number): Promise<boolean> {
    const own = this.#ownTtl(ttlSeconds);
    const recent = this.#seen.recent(user);
    const known = recent && (await recent);
    if (known?.epoch === epoch && known.ttlSeconds >= own) return true;
    return (await this.#seen.read(user, () => this.#current(user, own)))?.epoch === epoch;
  }

  /** Reads the user's epoch for a session with this idle timeout; creates one if there is none. */
  async ensure(user: string, ttlSeconds: number): Promise<Epoch> {
    return this.#settle(user, this.#ownTtl(ttlSeconds), (current) => current ?? this.#later(user, undefined));
  }

  /**
   * Gives the user a later epoch: this process refuses every session with an earlier one from now on, other processes
   * within a second. `own` is the epoch of the session that asks for it: if it is not the present one, changes nothing
   * and returns `undefined`.
   */
  async revoke(user: string, own?: Epoch): Promise<Epoch | undefined> {
    let made: Epoch | undefined;
    return this.#settle(user, 0, (current) => {
      if (made !== undefined && current === made) return made;
      if (own !== undefined && current !== own) return undefined;
      made = this.#later(user, current);
      return made;
    });
  }

  /** Replaces the present epoch by the one that `choose` returns, under every secret. */
  async #settle<Chosen extends Epoch | undefined>(
    user: string,
    ttlSeconds: number,
    choose: (current: Epoch | undefined) => Chosen,
  ): Promise<Chosen> {
    return retryConflicts({ most: MAX_ATTEMPTS, what: 'the sessions of one user were revoked by others' }, async () => {
      const at = this.#options.now();
      const places = await this.#look(user);
      const present = this.#latestOf(user, places);
      const epoch = choose(present?.epoch);
      if (epoch === undefined) return epoch;
      const wanted = { epoch, ttlSeconds: Math.max(ttlSeconds, present?.ttlSeconds ?? 0) };
      try {
        for (const place of places) await this.#keep(place, wanted);
        this.#seen.note(user, wanted, at);
        return epoch;
      } catch (error) {
        if (!hasCode(error, 'SESS_CONFLICT')) throw error;
        return CONFLICT;
      }
    });
  }

  async #current(user: string, ttlSeconds: number): Promise<UserEpoch | undefined> {
    const places = await this.#look(user);
    const present = this.#latestOf(user, places);
    if (present === undefined) return undefined;
    const wanted = { ...present, ttlSeconds: Math.max(ttlSeconds, present.ttlSeconds) };
    // A failure does not make the session invalid: the next request tries again.
    for (const place of places) await this.#keep(place, wanted).catch(unlessOfStore);
    return wanted;
  }

  async #look(user: string): Promise<readonly Place[]> {
    return Promise.all(
      this.#secrets.map(async (secret) => {
        const key = secret.keyOf(user);
        const stored = await this.#store.load(key);
        return { secret, key, stored, epoch: stored && secret.open(key, stored.value) };
      }),
    );
  }

  /** The latest epoch, stored or seen by this process; `undefined` if none is stored any more. */
  #latestOf(user: string, places: readonly Place[]): UserEpoch | undefined {
    const stored = latestOf(places.map(({ epoch }) => epoch));
    return stored && latestOf([stored, this.#seen.latest(user)]);
  }

  /** Stores `wanted` if none, an earlier one or one for shorter sessions is stored; otherwise touches it if due. */
  async #keep({ secret, key, stored, epoch }: Place, wanted: UserEpoch): Promise<void> {
    const ttlSeconds = this.#lifeOf(wanted);
    if (stored === undefined || epoch === undefined || isLess(epoch, wanted)) {
      const saved = await this.#store.save(key, secret.seal(key, wanted), { ttlSeconds, expect: stored ?? 'absent' });
      this.#touches.moved(key, saved.ttlSeconds);
    } else if (this.#touches.isDue(key, stored.ttlSeconds, ttlSeconds)) {
      await this.#store.touch(key, ttlSeconds);
      this.#touches.moved(key, stored.ttlSeconds);
    }
  }

  /** A session's idle timeout as its epoch says it: 0 unless it is longer than the option. */
  #ownTtl(ttlSeconds: number): number {
    return ttlSeconds > this.#options.ttlSeconds ? Math.min(MAX_TTL_SECONDS, ttlSeconds) : 0;
  }

  /** How long an epoch lives without a touch, in seconds. */
  #lifeOf({ ttlSeconds }: UserEpoch): number {
    const longest = Math.max(this.#options.ttlSeconds, ttlSeconds);
    return Math.min(MAX_TTL_SECONDS, longest + this.#options.touchAfterSeconds + SLACK_SECONDS);
  }

  /** An epoch later than the present one and than any that this process has seen, whatever the clock says. */
  #later(user: string, current: Epoch | undefined): Epoch {
    const seen = this.#seen.latest(user)?.epoch;
    const before = [current, seen].reduce<Epoch>((last, epoch = last) => (epoch > last ? epoch : last), FIRST);
    const time = Math.max(this.#options.now(), Buffer.from(before, 'hex').readUIntBE(0, TIME_BYTES) + 1);
    const bytes = randomBytes(EPOCH_BYTES);
    bytes.writeUIntBE(time, 0, TIME_BYTES);
    return bytes.toString('hex');
  }
}

const FIRST: Epoch = '00'.repeat(EPOCH_BYTES);

/** Whether what is stored is earlier than what is wanted, or lives shorter. */
function isLess(stored: UserEpoch, wanted: UserEpoch): boolean {
  return stored.epoch < wanted.epoch || stored.ttlSeconds < wanted.ttlSeconds;
}

function unlessOfStore(error: unknown): void {
  if (!SessionError.is(error)) throw error;
}
