import { setTimeout as sleep } from 'node:timers/promises';
import { SessionError } from '../errors.ts';

/** The result of a compare-and-swap that another writer beat. */
export const CONFLICT: unique symbol = Symbol('conflict');

/** Longest pause between two tries, in milliseconds. */
const MAX_PAUSE_MS = 64;

export interface Tries {
  /** The number of the first try; 2 if the caller has tried once. Default 1. */
  readonly from?: number;
  /** The number of the last try. */
  readonly most: number;
  /** What the other writers did, for the error: `other requests saved this session`. */
  readonly what: string;
}

/**
 * Retries a compare-and-swap until no other writer comes first. Growing random pauses from the second try on keep
 * writers from colliding again and again.
 *
 * @throws {SessionError} `SESS_CONFLICT` after the last try; and whatever `tryOnce` throws, at once.
 */
export async function retryConflicts<Result>(
  { from = 1, most, what }: Tries,
  tryOnce: (attempt: number) => Promise<Result | typeof CONFLICT>,
): Promise<Result> {
  for (let attempt = from; attempt <= most; attempt++) {
    const result = await tryOnce(attempt);
    if (result !== CONFLICT) return result;
    if (attempt > 1 && attempt < most) await sleep(Math.random() * Math.min(MAX_PAUSE_MS, 2 ** attempt));
  }
  throw new SessionError('SESS_CONFLICT', `${what} first, ${most} times in a row`);
}
