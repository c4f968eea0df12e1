/**
 * Whose session it is, beside what is stored of it: where a session belongs to a user, its envelope is stored after
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

const OWNED = 2;
const OWNED_BYTES = 1 + EPOCH_BYTES;

/** Whose session it is, and since which epoch. */
export interface Owner {
  /** `undefined` on a server without `userOf`: it keeps the owner that other servers stored. */
  readonly user: string | undefined;
  readonly epoch: Epoch;
}

/** The bytes to store for a session of a user, or of nobody. */
export function sealOwner(owner: Owner | undefined, envelope: Buffer): Buffer {
  return owner === undefined ? envelope : Buffer.concat([Buffer.of(OWNED), Buffer.from(owner.epoch, 'hex'), envelope]);
}

/** The epoch that a session carries, and its envelope. */
export function openOwner(value: Uint8Array): { readonly epoch: Epoch | undefined; readonly envelope: Uint8Array } {
  if (value[0] !== OWNED || value.length < OWNED_BYTES) return { epoch: undefined, envelope: value };
  return { epoch: Buffer.from(value.subarray(1, OWNED_BYTES)).toString('hex'), envelope: value.subarray(OWNED_BYTES) };
}

/**
 * What encryption binds an envelope to: where it is stored and, of a user's session, its epoch. Whoever can write to
 * the store can't give a revoked session another one.
 */
export function placeOf(key: string, epoch: Epoch | undefined): string {
  return epoch === undefined ? key : `${key} ${epoch}`;
}

/** The option `userOf`, held to what it may return. */
export type UserOf = (data: SessionData) => string | undefined;

/**
 * @throws {SessionError} `SESS_BAD_OPTION` when it is no function; later, when it returns anything but a name or
 *   `undefined`. `SESS_BAD_DATA` when a name is one that not every store takes.
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
    // What came is not shown: it may be a user's name.
    throw new SessionError(
      'SESS_BAD_OPTION',
      `option "userOf" returned ${user === '' ? 'an empty string' : `a ${typeof user}`}; expected the user's name, or undefined where there is none`,
    );
  };
}
