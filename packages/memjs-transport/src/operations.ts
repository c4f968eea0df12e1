import type { StoredItem, StoreOutcome } from '@sess/client';
import { Utils, type Response } from 'memjs';
import { Opcode, Status, statusMeaning, type Operation, type Reading, type RefusalCode } from './operation.ts';

const NOTHING: Buffer = Buffer.alloc(0);
const FLAGS_BYTES = 4;
/**
 * memcached deletes the stored value when it refuses a new one (`process_bin_update`: for `set`, with or without a CAS
 * number).
 */
const OLD_VALUE = 'What was stored under the key may be gone.';
const STORE_REFUSALS: Readonly<Record<number, { readonly code: RefusalCode; readonly advice: string }>> = {
  [Status.tooLarge]: {
    code: 'SESS_TOO_LARGE',
    advice: `${OLD_VALUE} Store less, raise memcached -I on every node, or set maxValueBytes below it.`,
  },
  [Status.outOfMemory]: {
    code: 'SESS_OUT_OF_MEMORY',
    advice: `${OLD_VALUE} Give the node more memory (-m), or let it evict (start it without -M).`,
  },
};

export function getOperation(key: string): Operation<StoredItem | undefined> {
  return { opcode: Opcode.get, key, extras: NOTHING, value: NOTHING, cas: 0n, read: readItem };
}

/** Opcode 0x1d, which memjs's own API lacks. */
export function getAndTouchOperation(key: string, exptime: number): Operation<StoredItem | undefined> {
  return {
    opcode: Opcode.getAndTouch,
    key,
    extras: Utils.makeExpiration(exptime),
    value: NOTHING,
    cas: 0n,
    read: readItem,
  };
}

/** `set`, `add`, or a `set` with a CAS number, which memcached answers with all three outcomes. */
export function storeOperation(
  mode: 'set' | 'add' | bigint,
  key: string,
  value: Uint8Array,
  flags: number,
  exptime: number,
): Operation<StoreOutcome> {
  const extras = Buffer.alloc(2 * FLAGS_BYTES);
  extras.writeUInt32BE(flags, 0);
  extras.writeUInt32BE(exptime, FLAGS_BYTES);
  const opcode = mode === 'add' ? Opcode.add : Opcode.set;
  const read = mode === 'set' ? readSet : mode === 'add' ? readAdd : readCompareAndSwap;
  return { opcode, key, extras, value, cas: typeof mode === 'bigint' ? mode : 0n, read };
}

/** `undefined` for a miss. `flags` is `undefined` if the server left them out of its reply. */
export type Touched = { readonly flags: number | undefined } | undefined;

export function touchOperation(key: string, exptime: number): Operation<Touched> {
  return { opcode: Opcode.touch, key, extras: Utils.makeExpiration(exptime), value: NOTHING, cas: 0n, read: readTouch };
}

export function versionOperation(): Operation<string> {
  return { opcode: Opcode.version, key: '', extras: NOTHING, value: NOTHING, cas: 0n, read: readVersion };
}

function readItem(reply: Response, epoch: number): Reading<StoredItem | undefined> {
  const { status, cas } = reply.header;
  if (status === Status.missing) return { answer: undefined };
  if (status !== Status.ok) return refused(status);
  if (reply.extras.length !== FLAGS_BYTES)
    return { fault: `a hit came with ${reply.extras.length} bytes of extras, not ${FLAGS_BYTES}` };
  const flags = reply.extras.readUInt32BE(0);
  return { answer: { value: reply.val, flags, cas: { unique: cas.readBigUInt64BE(0), epoch }, ttlSeconds: undefined } };
}

function readSet({ header: { status } }: Response): Reading<StoreOutcome> {
  return status === Status.ok ? { answer: 'stored' } : storeRefused(status);
}

function readAdd({ header: { status } }: Response): Reading<StoreOutcome> {
  if (status === Status.ok) return { answer: 'stored' };
  return status === Status.exists ? { answer: 'exists' } : storeRefused(status);
}

function readCompareAndSwap({ header: { status } }: Response): Reading<StoreOutcome> {
  if (status === Status.ok) return { answer: 'stored' };
  if (status === Status.exists) return { answer: 'exists' };
  return status === Status.missing ? { answer: 'missing' } : storeRefused(status);
}

function readTouch(reply: Response): Reading<Touched> {
  const { status } = reply.header;
  if (status === Status.missing) return { answer: undefined };
  if (status !== Status.ok) return refused(status);
  return { answer: { flags: reply.extras.length === FLAGS_BYTES ? reply.extras.readUInt32BE(0) : undefined } };
}

function readVersion(reply: Response): Reading<string> {
  return reply.header.status === Status.ok ? { answer: reply.val.toString('latin1') } : refused(reply.header.status);
}

type Refused = { readonly refused: string; readonly code: RefusalCode };

function refused(status: number): Refused {
  return { refused: statusMeaning(status), code: 'SESS_SERVER' };
}

/** A value may be too large for a node, or the node has no memory for it. Neither means that the node is broken. */
function storeRefused(status: number): Refused {
  const refusal = STORE_REFUSALS[status];
  return refusal === undefined
    ? refused(status)
    : { refused: `${statusMeaning(status)}. ${refusal.advice}`, code: refusal.code };
}
