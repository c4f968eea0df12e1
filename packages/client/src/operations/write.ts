import type { CacheRecord, SetOptions } from '../contract.ts';
import type { Node } from '../node/node.ts';
import { encodeRecord, RECORD_FLAGS, StoredRecord } from '../record.ts';
import type { CasToken, StoreMode, StoreOutcome } from '../transport/transport.ts';
import { conflict } from './conflict.ts';
import type { OperationContext } from './context.ts';

type Value = Uint8Array | string;

/** Writes whatever is there: one request, and the last writer wins. */
export async function overwrite(context: OperationContext, key: string, value: Value, options: SetOptions): Promise<CacheRecord> {
  const node = context.owner(key);
  const bytes = encodeRecord(value, context.versions.next(), options.ttlSeconds);
  await store(node, 'set', key, bytes, options);
  return written(node, bytes, options);
}

/** Writes where nothing is: one request. */
export async function create(context: OperationContext, key: string, value: Value, options: SetOptions): Promise<CacheRecord> {
  const node = context.owner(key);
  const bytes = encodeRecord(value, context.versions.next(), options.ttlSeconds);
  if ((await store(node, 'add', key, bytes, options)) !== 'stored') throw conflict('present', node.id);
  return written(node, bytes, options);
}

/**
 * Writes where `base` still is: one request when `base` was read over the connection that stands, two otherwise.
 *
 * A compare-and-swap is sent only on the connection that read its number, because numbers repeat after a restart. For a base from an
 * earlier connection, or one that this client wrote (no reply tells its number), the item is read first, and must be the base: the same
 * version and the same bytes.
 */
export async function replace(
  context: OperationContext,
  key: string,
  value: Value,
  base: StoredRecord,
  options: SetOptions,
): Promise<CacheRecord> {
  const node = context.owner(key);
  const { nodeId, cas } = StoredRecord.origin(base);
  if (nodeId !== node.id) throw conflict('moved', node.id);
  const bytes = encodeRecord(value, context.versions.next(base.version), options.ttlSeconds);
  if (cas !== undefined && cas.epoch === node.epoch) {
    const outcome = await store(node, { cas }, key, bytes, options);
    if (outcome === 'stored') return written(node, bytes, options);
    // Where the connection was lost meanwhile, the answer tells of the number, not of the item.
    if (cas.epoch === node.epoch) throw conflict(outcome === 'missing' ? 'gone' : 'changed', node.id);
  }
  const outcome = await store(node, { cas: await confirm(node, key, base, options) }, key, bytes, options);
  if (outcome !== 'stored') throw conflict(outcome === 'missing' ? 'gone' : 'changed', node.id);
  return written(node, bytes, options);
}

/** The number of the item under `key`, if that is `base`. */
async function confirm(node: Node, key: string, base: StoredRecord, options: SetOptions): Promise<CasToken> {
  const found = await node.look(key, options);
  if (found === undefined) throw conflict('gone', node.id);
  if (found.kind === 'tombstone') throw conflict('deleted', node.id);
  if (found.kind === 'foreign') throw conflict('foreign', node.id);
  const { cas } = StoredRecord.origin(found);
  if (cas === undefined || !found.equals(base)) throw conflict('changed', node.id);
  return cas;
}

function store(node: Node, mode: StoreMode, key: string, bytes: Buffer, options: SetOptions): Promise<StoreOutcome> {
  return node.store(mode, key, bytes, { ttlSeconds: options.ttlSeconds, flags: RECORD_FLAGS }, options);
}

function written(node: Node, bytes: Buffer, options: SetOptions): CacheRecord {
  return new StoredRecord(bytes, options.ttlSeconds, node.id, undefined);
}
