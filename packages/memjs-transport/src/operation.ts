import type { Response } from 'memjs';

/** One request of the binary protocol, and how to read its answer. All arguments are checked already. */
export interface Operation<T> {
  readonly opcode: number;
  readonly key: string;
  readonly extras: Buffer;
  readonly value: Uint8Array;
  /** CAS number that must still hold; 0 for none. */
  readonly cas: bigint;
  /** Number of the connection that read `cas`, and the answer if that connection is gone. */
  readonly epoch?: number;
  readonly outdated?: T;
  /** Turns the reply into the answer, or returns its fault. Must not throw. */
  readonly read: (reply: Response, epoch: number) => Reading<T>;
}

export type RefusalCode = 'SESS_SERVER' | 'SESS_TOO_LARGE' | 'SESS_OUT_OF_MEMORY';

export type Reading<T> =
  | { readonly answer: T }
  /** The node refused this request; the connection is fine. */
  | { readonly refused: string; readonly code: RefusalCode }
  /** The reply violates the protocol, so the connection can't be trusted any more. */
  | { readonly fault: string };

/** Opcodes of the binary protocol, from memcached's `protocol_binary.h`. */
export const Opcode = {
  get: 0x00,
  set: 0x01,
  add: 0x02,
  noop: 0x0a,
  version: 0x0b,
  stat: 0x10,
  touch: 0x1c,
  getAndTouch: 0x1d,
  listSaslMechanisms: 0x20,
  saslAuthenticate: 0x21,
} as const;

/** Statuses of replies, from the same place. */
export const Status = {
  ok: 0x00,
  missing: 0x01,
  exists: 0x02,
  tooLarge: 0x03,
  notStored: 0x05,
  authFailed: 0x20,
  unknownCommand: 0x81,
  outOfMemory: 0x82,
} as const;

const MEANINGS: Readonly<Record<number, string>> = {
  0x03: 'the value is too large for this node (its -I)',
  0x04: 'invalid arguments',
  0x05: 'the item was not stored',
  0x07: 'the key belongs to another node (vbucket)',
  0x81: 'the node does not know this command',
  0x82: 'the node is out of memory',
  0x83: 'the node does not support this command',
  0x84: 'internal error of the node',
  0x85: 'the node is busy',
  0x86: 'temporary failure of the node',
};

/** What a refusal means. Leaves out the server's text, which may contain anything. */
export function statusMeaning(status: number): string {
  return `${MEANINGS[status] ?? 'the node answered with an error'} (status 0x${status.toString(16).padStart(2, '0')})`;
}
