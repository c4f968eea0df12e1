/**
 * The owner of a session, stored with it: if a session belongs to a user, these bytes precede its envelope:
 *
 * | bytes | what |
 * | --- | --- |
 * | 0 | 2, which no envelope begins with |
 * | 1..12 | the user's epoch when the session became the user's |
 */
import { SessionError } from '../errors.ts';
import { badOption } from '../options/option-checks.ts';
import type { SessionData } from '../session.ts';
import { checkUserName } from './user-name.ts';

/** A user's epoch, in hexadecimal. */
export type Epoch = string;

export const EPOCH_BYTES = 12;

/** A user's epoch as it is stored for the sessions that carry it. */
export interface UserEpoch {
  readonly epoch: Epoch;
  /** The longest idle timeout of these sessions; 0 if none is longer than the option `ttlSeconds`. */
  readonly ttlSeconds: number;
}

const OWNED = 2;
const OWNED_BYTES = 1 + EPOCH_BYTES;

/** The user of a session, and the epoch that the session carries. */
export interface Owner {
  /** `undefined` on a server without `userOf`: it keeps the owner that other servers stored. */
  readonly user: string | undefined;
  readonly epoch: Epoch;
}

/** The bytes to store for a session with or without an owner. */
export function sealOwner(owner: Owner | undefined, envelope: Buffer): Buffer {
  return owner === undefined ? envelope : Buffer.concat([Buffer.of(OWNED), Buffer.from(owner.epoch, 'hex'), envelope]);
}

/** The epoch that a session carries, and its envelope. */
export function openOwner(value: Uint8Array): { readonly epoch: Epoch | undefined; readonly envelope: Uint8Array } {
  if (value[0] !== OWNED || value.length < OWNED_BYTES) return { epoch: undefined, envelope: value };
  return { epoch: Buffer.from(value.subarray(1, OWNED_BYTES)).toString('hex'), envelope: value.subarray(OWNED_BYTES) };
}

/**
 * The context that encryption binds an envelope to: its key and, for a user's session, its epoch. So a writer to the
 * store can't give a revoked session another epoch.
 */
export function placeOf(key: string, epoch: Epoch | undefined): string {
  return epoch === undefined ? key : `${key} ${epoch}`;
}

/** The option `userOf`, whose results are checked. */
export type UserOf = (data: SessionData) => string | undefined;

/**
 * @throws {SessionError} `SESS_BAD_OPTION` if it is not a function; later, if it returns anything but a name or
 *   `undefined`. `SESS_BAD_DATA` if not every store accepts the name.
 */
export function resolveUserOf(given: unknown): UserOf | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== 'function')
    throw badOption('userOf', given, 'a function of session.data that returns whose session it is');
  return (data) => {
    const user: unknown = given(data);
    if (user === undefined) return user;
    if (typeof user === 'string' && user !== '') {
      checkUserName(user);
      return user;
    }
    // The value is not shown: it may be a user's name.
    throw new SessionError(
      'SESS_BAD_OPTION',
      `option "userOf" returned ${user === '' ? 'an empty string' : `a ${typeof user}`}; expected the user's name, or undefined where there is none`,
    );
  };
}
