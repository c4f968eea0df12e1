import type { StoredItem, StoreOutcome } from '@sess/client';
import { Utils, type Response } from 'memjs';
import { Opcode, Status, statusMeaning, type Operation, type Reading } from './operation.ts';

const NOTHING: Buffer = Buffer.alloc(0);
const FLAGS_BYTES = 4;

export function getOperation(key: string): Operation<StoredItem | undefined> {
  return { opcode: Opcode.get, key, extras: NOTHING, value: NOTHING, cas: 0n, read: readItem };
}

/** Opcode 0x1d, which memjs's own API lacks. */
export function getAndTouchOperation(key: string, exptime: number): Operation<StoredItem | undefined> {
  return { opcode: Opcode.getAndTouch, key, extras: Utils.makeExpiration(exptime), value: NOTHING, cas: 0n, read: readItem };
}

/** `set`, `add`, or a `set` that holds the CAS number against the item: memcached answers the last with all three outcomes. */
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

/** `undefined` for a miss. Some servers touch without telling the flags; then `flags` is `undefined`. */
export type Touched = { readonly flags: number | undefined } | undefined;

export function touchOperation(key: string, exptime: number): Operation<Touched> {
  return { opcode: Opcode.touch, key, extras: Utils.makeExpiration(exptime), value: NOTHING, cas: 0n, read: readTouch };
}

export function deleteOperation(key: string): Operation<boolean> {
  return { opcode: Opcode.delete, key, extras: NOTHING, value: NOTHING, cas: 0n, read: readDelete };
}

export function versionOperation(): Operation<string> {
  return { opcode: Opcode.version, key: '', extras: NOTHING, value: NOTHING, cas: 0n, read: readVersion };
}

function readItem(reply: Response, epoch: number): Reading<StoredItem | undefined> {
  const { status, cas } = reply.header;
  if (status === Status.missing) return { answer: undefined };
  if (status !== Status.ok) return refused(status);
  if (reply.extras.length !== FLAGS_BYTES) return { fault: `a hit came with ${reply.extras.length} bytes of extras, not ${FLAGS_BYTES}` };
  const flags = reply.extras.readUInt32BE(0);
  return { answer: { value: reply.val, flags, cas: { unique: cas.readBigUInt64BE(0), epoch }, ttlSeconds: undefined } };
}

function readSet({ header: { status } }: Response): Reading<StoreOutcome> {
  return status === Status.ok ? { answer: 'stored' } : refused(status);
}

function readAdd({ header: { status } }: Response): Reading<StoreOutcome> {
  if (status === Status.ok) return { answer: 'stored' };
  return status === Status.exists ? { answer: 'exists' } : refused(status);
}

function readCompareAndSwap({ header: { status } }: Response): Reading<StoreOutcome> {
  if (status === Status.ok) return { answer: 'stored' };
  if (status === Status.exists) return { answer: 'exists' };
  return status === Status.missing ? { answer: 'missing' } : refused(status);
}

function readTouch(reply: Response): Reading<Touched> {
  const { status } = reply.header;
  if (status === Status.missing) return { answer: undefined };
  if (status !== Status.ok) return refused(status);
  return { answer: { flags: reply.extras.length === FLAGS_BYTES ? reply.extras.readUInt32BE(0) : undefined } };
}

function readDelete({ header: { status } }: Response): Reading<boolean> {
  if (status === Status.ok) return { answer: true };
  return status === Status.missing ? { answer: false } : refused(status);
}

function readVersion(reply: Response): Reading<string> {
  return reply.header.status === Status.ok ? { answer: reply.val.toString('latin1') } : refused(reply.header.status);
}

function refused(status: number): { readonly refused: string } {
  return { refused: statusMeaning(status) };
}
