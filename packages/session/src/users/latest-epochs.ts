import { LRUCache } from 'lru-cache';
import type { UserEpoch } from './session-owner.ts';

/** Most users that a process remembers. About 200 bytes each. */
const MAX_USERS = 10_000;

interface Seen {
  /** The latest epoch that this process read or wrote, and the longest idle timeout. */
  latest: UserEpoch | undefined;
  /** The last answer, and when it was requested. */
  answer?: { readonly at: number; readonly epoch: Promise<UserEpoch | undefined> };
}

/**
 * The users' epochs that this process has seen: the last answer, for a moment, and the latest epoch, for longer, to
 * detect an earlier one that was restored.
 */
export class LatestEpochs {
  readonly #freshMs: number;
  readonly #now: () => number;
  readonly #users = new LRUCache<string, Seen>({ max: MAX_USERS });

  constructor(freshMs: number, now: () => number) {
    this.#freshMs = freshMs;
    this.#now = now;
  }

  latest(user: string): UserEpoch | undefined {
    return this.#users.peek(user)?.latest;
  }

  /** The last answer, if it is fresh. */
  recent(user: string): Promise<UserEpoch | undefined> | undefined {
    const answer = this.#users.peek(user)?.answer;
    if (answer === undefined) return undefined;
    const age = this.#now() - answer.at;
    // A negative age means that the clock was set back.
    return age >= 0 && age < this.#freshMs ? answer.epoch : undefined;
  }

  /** Asks; concurrent callers of `recent` share the answer. */
  read(user: string, ask: () => Promise<UserEpoch | undefined>): Promise<UserEpoch | undefined> {
    const at = this.#now();
    const seen = this.#seenOf(user);
    const answer = { at, epoch: ask() };
    seen.answer = answer;
    answer.epoch.then(
      (epoch) => raise(seen, epoch),
      () => {
        // The caller gets the rejection; the next one asks again.
        if (seen.answer === answer) delete seen.answer;
      },
    );
    return answer.epoch;
  }

  /** Notes an epoch that was read or written at `at`. */
  note(user: string, epoch: UserEpoch, at: number): void {
    const seen = this.#seenOf(user);
    raise(seen, epoch);
    seen.answer = { at, epoch: Promise.resolve(epoch) };
  }

  #seenOf(user: string): Seen {
    const seen = this.#users.peek(user) ?? { latest: undefined };
    this.#users.set(user, seen);
    return seen;
  }
}

function raise(seen: Seen, epoch: UserEpoch | undefined): void {
  seen.latest = latestOf([seen.latest, epoch]);
}

/** The latest of these epochs, with the longest of their idle timeouts; `undefined` if there is none. */
export function latestOf(epochs: readonly (UserEpoch | undefined)[]): UserEpoch | undefined {
  return epochs.reduce((one, two) => {
    if (one === undefined || two === undefined) return one ?? two;
    const ttlSeconds = Math.max(one.ttlSeconds, two.ttlSeconds);
    return { epoch: two.epoch > one.epoch ? two.epoch : one.epoch, ttlSeconds };
  }, undefined);
}
