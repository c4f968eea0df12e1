import { SessionError } from '../errors.ts';
import type { ResolvedOptions } from '../options/options.ts';
import type { Epoch, Owner, UserOf } from './session-owner.ts';
import type { SessionData } from '../session.ts';
import type { SessionStore, UserSession } from '../stores/session-store.ts';
import { UserEpochs } from './user-epochs.ts';
import { checkUserName } from './user-name.ts';

/** A session that is about to be stored. */
export interface SessionToOwn {
  readonly data: SessionData;
  /** Its owner so far. */
  readonly before: Owner | undefined;
  /** Its idle timeout. */
  readonly ttlSeconds: number;
  /** Its idle timeout so far: the epoch lives at least as long. */
  readonly ttlBefore: number;
}

/** Sessions by their user, if the application has a `userOf`. */
export class SessionUsers {
  readonly #userOf: UserOf | undefined;
  readonly #store: SessionStore;
  readonly #epochs: UserEpochs;
  readonly #now: () => number;

  constructor(store: SessionStore, options: ResolvedOptions) {
    this.#userOf = options.userOf;
    this.#store = store;
    this.#now = options.now;
    this.#epochs = new UserEpochs(store, options);
  }

  /** Whether the option `userOf` was given. */
  get isTold(): boolean {
    return this.#userOf !== undefined;
  }

  userOf(data: SessionData): string | undefined {
    return this.#userOf?.(data);
  }

  /**
   * The owner of a session that is stored. A session that changes its user gets the new user's present epoch, which
   * then lives as long as the session may stay unused. A promise only with the option `userOf`.
   */
  ownerOf(session: SessionToOwn): Promise<Owner | undefined> | Owner | undefined {
    return this.#userOf === undefined ? session.before : this.#presentOwner(this.#userOf, session);
  }

  async #presentOwner(
    userOf: UserOf,
    { data, before, ttlSeconds, ttlBefore }: SessionToOwn,
  ): Promise<Owner | undefined> {
    const user = userOf(data);
    if (user === undefined) return undefined;
    const isSame = user === before?.user;
    if (isSame && ttlSeconds <= ttlBefore) return before;
    const epoch = await this.#epochs.ensure(user, ttlSeconds);
    // A session that was revoked meanwhile keeps its old epoch, so its next load refuses it.
    return isSame ? before : { user, epoch };
  }

  /**
   * Whether a stored session was not revoked. One without an epoch is refused: a server without `userOf` stored it, so
   * it could never be revoked. The epoch of one that is in use lives for its idle timeout, `ttlSeconds`, at least.
   *
   * @throws {SessionError} `SESS_UNAVAILABLE`
   */
  async isGood(user: string, epoch: string | undefined, ttlSeconds: number): Promise<boolean> {
    return epoch !== undefined && (await this.#epochs.isCurrent(user, epoch, ttlSeconds));
  }

  /**
   * Revokes every session of the user, and returns the owner that a new or surviving session must carry. `kept` stays
   * in the store's list. `own` is the epoch of the session that asks for it: if that session was itself revoked,
   * changes nothing and returns `undefined`.
   */
  async revoke(user: string, kept?: string, own?: Epoch): Promise<Owner | undefined> {
    this.#checkTold();
    checkUserName(user);
    // List first: a session that begins after the revocation must stay.
    const listed = await this.#list(user);
    const epoch = await this.#epochs.revoke(user, own);
    if (epoch === undefined) return undefined;
    // The others are refused already; this cleans up the store and its list.
    const others = listed.filter(({ key }) => key !== kept);
    await Promise.allSettled(
      others.map(({ key, expiresAt }) => this.#store.destroy(key, secondsFrom(this.#now(), expiresAt))),
    );
    return { user, epoch };
  }

  async ofUser(user: string): Promise<readonly UserSession[]> {
    this.#checkTold();
    checkUserName(user);
    if (this.#store.ofUser === undefined) {
      throw new SessionError(
        'SESS_NOT_SUPPORTED',
        `the store "${this.#store.name}" keeps no list of a user's sessions; keep them in a database behind the cache (backing)`,
      );
    }
    return this.#store.ofUser(user);
  }

  /**
   * Ends one of the sessions that {@link ofUser} lists. Resolves with whether there was one: a key that is not in the
   * user's list ends nothing.
   */
  async end(user: string, key: string): Promise<boolean> {
    const listed = (await this.ofUser(user)).find((session) => session.key === key);
    return listed !== undefined && this.#store.destroy(key, secondsFrom(this.#now(), listed.expiresAt));
  }

  async #list(user: string): Promise<readonly UserSession[]> {
    try {
      return (await this.#store.ofUser?.(user)) ?? [];
    } catch {
      // A failed list must not fail a revocation: the sessions on it are refused anyway.
      return [];
    }
  }

  #checkTold(): void {
    if (this.isTold) return;
    throw new SessionError(
      'SESS_NOT_SUPPORTED',
      'the users of sessions are unknown: give createSessions the option "userOf", such as (data) => data.userId',
    );
  }
}

function secondsFrom(now: number, time: number): number {
  return Math.max(1, Math.ceil((time - now) / 1_000));
}
