import { randomBytes } from 'node:crypto';
import { epochSecret, type EpochSecret } from '../options/epoch-secrets.ts';
import { hasCode, SessionError } from '../errors.ts';
import { LatestEpochs } from './latest-epochs.ts';
import type { ResolvedOptions } from '../options/options.ts';
import { MAX_TTL_SECONDS, type SessionStore, type StoredSession } from '../stores/session-store.ts';
import { CONFLICT, retryConflicts } from '../lifecycle/retry-conflicts.ts';
import { EPOCH_BYTES, type Epoch } from './session-owner.ts';
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
  readonly epoch: Epoch | undefined;
}

/**
 * One epoch per user, in the same store as the sessions. Every session of the user carries it, and a revocation
 * replaces it by a later one.
 *
 * A session is valid only while its epoch is the one in the store. If the epoch is lost (a crashed node, an eviction),
 * the user's sessions end; a revoked session never becomes valid again. If an earlier epoch is restored, every process
 * that has seen a later one refuses it and writes the later one again.
 */
export class UserEpochs {
  readonly #store: SessionStore;
  readonly #options: EpochOptions;
  readonly #ttlSeconds: number;
  readonly #touches: TouchThrottle;
  /** The oldest first: servers that do not have the new secret yet write there too. */
  readonly #secrets: readonly EpochSecret[];
  readonly #seen: LatestEpochs;

  constructor(store: SessionStore, options: EpochOptions) {
    this.#store = store;
    this.#options = options;
    // It is touched like a session, and so outlives every session in use.
    this.#ttlSeconds = Math.min(MAX_TTL_SECONDS, options.ttlSeconds + options.touchAfterSeconds + SLACK_SECONDS);
    this.#touches = touchThrottle(options.touchAfterSeconds, options.now);
    this.#secrets = options.secrets.map((secret) => epochSecret(secret, options.keyPrefix)).toReversed();
    this.#seen = new LatestEpochs(CACHE_MS, options.now);
  }

  /**
   * Whether a session with this epoch is valid. `true` may come from a read within the last second; before `false` the
   * epoch is always read again.
   *
   * @throws {SessionError} `SESS_UNAVAILABLE`
   */
  async isCurrent(user: string, epoch: Epoch): Promise<boolean> {
    const recent = this.#seen.recent(user);
    if (recent !== undefined && (await recent) === epoch) return true;
    return (await this.#seen.read(user, () => this.#current(user))) === epoch;
  }

  /** Reads the user's epoch; creates one if there is none. */
  async ensure(user: string): Promise<Epoch> {
    return this.#settle(user, (current) => current ?? this.#later(user, undefined));
  }

  /**
   * Gives the user a later epoch: this process refuses every session with an earlier one from now on, other processes
   * within a second. `own` is the epoch of the session that asks for it: if it is not the present one, changes nothing
   * and returns `undefined`.
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

  /** Replaces the present epoch by the one that `choose` returns, under every secret. */
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
    // A failure does not make the session invalid: the next request tries again.
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

  /** The latest epoch, stored or seen by this process; `undefined` if none is stored any more. */
  #latestOf(user: string, places: readonly Place[]): Epoch | undefined {
    const stored = places.map(({ epoch }) => epoch).filter((epoch) => epoch !== undefined);
    return stored.length === 0 ? undefined : latest([...stored, this.#seen.latest(user)]);
  }

  /** Stores `epoch` wherever none or an earlier one is stored. */
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

  /** An epoch later than the present one and than any that this process has seen, whatever the clock says. */
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
