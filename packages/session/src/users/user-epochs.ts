import { randomBytes } from 'node:crypto';
import { epochSecret, type EpochSecret } from '../options/epoch-secrets.ts';
import { hasCode, SessionError } from '../errors.ts';
import { LatestEpochs } from './latest-epochs.ts';
import type { ResolvedOptions } from '../options/options.ts';
import { MAX_TTL_SECONDS, type SessionStore, type StoredSession } from '../stores/session-store.ts';
import { CONFLICT, retryConflicts } from '../lifecycle/retry-conflicts.ts';
import { EPOCH_BYTES, type Epoch } from './session-owner.ts';
import { touchThrottle, type TouchThrottle } from '../lifecycle/touch-throttle.ts';

/** For how long an epoch that was read is good without asking again, in milliseconds. */
const CACHE_MS = 1_000;

/**
 * How much longer than a session an epoch lives at least: what is cached is checked against a record that is older by
 * so much.
 */
const SLACK_SECONDS = 60;

const MAX_ATTEMPTS = 40;

/** An epoch begins with when it was made, so that of two the later one is known; then random bytes. */
const TIME_BYTES = 6;

type EpochOptions = Pick<ResolvedOptions, 'keyPrefix' | 'ttlSeconds' | 'touchAfterSeconds' | 'now' | 'secrets'>;

/**
 * A place for the user's epoch: one for each secret, so that servers which have only the old or only the new one read
 * the same.
 */
interface Place {
  readonly secret: EpochSecret;
  readonly key: string;
  readonly stored: StoredSession | undefined;
  /** `undefined` also where what is stored is not authentic. */
  readonly epoch: Epoch | undefined;
}

/**
 * An epoch for each user, in the same store as the sessions: every session of the user carries it, and a revocation
 * replaces it by a later one.
 *
 * A session is valid only while its epoch is the one in the store. If the epoch is lost (a crashed node, an eviction),
 * the user's sessions end; a revoked session never becomes valid again. An earlier epoch that is put back is refused by
 * every process that has seen a later one, and replaced by that.
 */
export class UserEpochs {
  readonly #store: SessionStore;
  readonly #options: EpochOptions;
  readonly #ttlSeconds: number;
  readonly #touches: TouchThrottle;
  /** The oldest first: servers that do not have the new secret yet write there as well. */
  readonly #secrets: readonly EpochSecret[];
  readonly #seen: LatestEpochs;

  constructor(store: SessionStore, options: EpochOptions) {
    this.#store = store;
    this.#options = options;
    // Touched like a session, it outlives each that is used.
    this.#ttlSeconds = Math.min(MAX_TTL_SECONDS, options.ttlSeconds + options.touchAfterSeconds + SLACK_SECONDS);
    this.#touches = touchThrottle(options.touchAfterSeconds, options.now);
    this.#secrets = options.secrets.map((secret) => epochSecret(secret, options.keyPrefix)).toReversed();
    this.#seen = new LatestEpochs(CACHE_MS, options.now);
  }

  /**
   * Whether a session with this epoch is valid. A yes may come from a read within the last second; a no is always read
   * again.
   *
   * @throws {SessionError} `SESS_UNAVAILABLE`
   */
  async isCurrent(user: string, epoch: Epoch): Promise<boolean> {
    const recent = this.#seen.recent(user);
    if (recent !== undefined && (await recent) === epoch) return true;
    return (await this.#seen.read(user, () => this.#current(user))) === epoch;
  }

  /** The user's epoch, read now; made where there is none. */
  async ensure(user: string): Promise<Epoch> {
    return this.#settle(user, (current) => current ?? this.#later(user, undefined));
  }

  /**
   * Gives the user a later epoch: every session with an earlier one is refused from now on, by other processes within a
   * second. With `own`, the epoch of the session that asks for it: only while that one is good. `undefined` where it is
   * not.
   */
  async revoke(user: string, own?: Epoch): Promise<Epoch | undefined> {
    let made: Epoch | undefined;
    return this.#settle(user, (current) => {
      if (made !== undefined && current === made) return made;
      if (own !== undefined && current !== own) return undefined;
      made = this.#later(user, current);
      return made;
    });
  }

  /** Stores what `choose` says in place of the present epoch, everywhere. */
  async #settle<Chosen extends Epoch | undefined>(
    user: string,
    choose: (current: Epoch | undefined) => Chosen,
  ): Promise<Chosen> {
    return retryConflicts({ most: MAX_ATTEMPTS, what: 'the sessions of one user were revoked by others' }, async () => {
      const at = this.#options.now();
      const places = await this.#look(user);
      const epoch = choose(this.#latestOf(user, places));
      if (epoch === undefined) return epoch;
      try {
        await this.#raise(places, epoch);
        this.#seen.note(user, epoch, at);
        return epoch;
      } catch (error) {
        if (!hasCode(error, 'SESS_CONFLICT')) throw error;
        return CONFLICT;
      }
    });
  }

  async #current(user: string): Promise<Epoch | undefined> {
    const places = await this.#look(user);
    const epoch = this.#latestOf(user, places);
    if (epoch === undefined) return undefined;
    // A failure is no reason to refuse the session: the next request tries again.
    await this.#raise(places, epoch).catch(unlessOfStore);
    for (const { key, stored } of places) if (stored !== undefined) await this.#touch(key, stored).catch(unlessOfStore);
    return epoch;
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

  /** The latest that is stored, or that was: where none is left, none. */
  #latestOf(user: string, places: readonly Place[]): Epoch | undefined {
    const stored = places.map(({ epoch }) => epoch).filter((epoch) => epoch !== undefined);
    return stored.length === 0 ? undefined : latest([...stored, this.#seen.latest(user)]);
  }

  /** Stores `epoch` wherever there is none, or an earlier one. */
  async #raise(places: readonly Place[], epoch: Epoch): Promise<void> {
    for (const { secret, key, stored, epoch: present } of places) {
      if (present !== undefined && present >= epoch) continue;
      const saved = await this.#store.save(key, secret.seal(key, epoch), {
        ttlSeconds: this.#ttlSeconds,
        expect: stored ?? 'absent',
      });
      this.#touches.moved(key, saved.ttlSeconds);
    }
  }

  async #touch(key: string, { ttlSeconds }: StoredSession): Promise<void> {
    if (!this.#touches.isDue(key, ttlSeconds, this.#ttlSeconds)) return;
    await this.#store.touch(key, this.#ttlSeconds);
    this.#touches.moved(key, ttlSeconds);
  }

  /** An epoch later than the present one, and than any that was seen, whatever the clock says. */
  #later(user: string, current: Epoch | undefined): Epoch {
    const before = latest([current, this.#seen.latest(user)]);
    const time = Math.max(this.#options.now(), Buffer.from(before, 'hex').readUIntBE(0, TIME_BYTES) + 1);
    const bytes = randomBytes(EPOCH_BYTES);
    bytes.writeUIntBE(time, 0, TIME_BYTES);
    return bytes.toString('hex');
  }
}

const FIRST: Epoch = '00'.repeat(EPOCH_BYTES);

function latest(epochs: readonly (Epoch | undefined)[]): Epoch {
  return epochs.reduce<Epoch>((last, epoch) => (epoch !== undefined && epoch > last ? epoch : last), FIRST);
}

function unlessOfStore(error: unknown): void {
  if (!SessionError.is(error)) throw error;
}
