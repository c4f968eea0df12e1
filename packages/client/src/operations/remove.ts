import type { DeleteOptions } from '../contract.ts';
import type { Node } from '../node/node.ts';
import { encodeTombstone, type Entry, StoredRecord, TOMBSTONE_FLAGS } from '../record.ts';
import type { CasToken } from '../transport/transport.ts';
import { conflict } from './conflict.ts';
import type { OperationContext } from './context.ts';

/** A writer wins every round, so a delete loses at most as many as there are writers at the same time. */
const MAX_ATTEMPTS = 64;

/**
 * Puts a tombstone where the record is: read, then compare-and-swap (or `add` where nothing is), again when someone wrote in between.
 * Whether a live record was replaced. A tombstone that stands longer than this one would is left.
 */
export async function remove(context: OperationContext, key: string, options: DeleteOptions): Promise<boolean> {
  const endsAt = context.clock.now() + options.ttlSeconds * 1000;
  let node = context.owner(key);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const found = await node.look(key, options);
    // The topology may have changed meanwhile: what counts is what the owner of now holds.
    const owner = context.owner(key);
    if (owner === node) {
      if (found?.kind === 'tombstone' && found.endsAt >= endsAt) return false;
      if (await bury(context, node, key, found, endsAt, options)) return found?.kind === 'record';
    }
    node = owner;
  }
  throw conflict('contended', node.id);
}

/** Whether the tombstone took the place of what was `found`. */
async function bury(
  { versions }: OperationContext,
  node: Node,
  key: string,
  found: Entry | undefined,
  endsAt: number,
  options: DeleteOptions,
): Promise<boolean> {
  const { ttlSeconds } = options;
  const replaced = found === undefined || found.kind === 'foreign' ? undefined : found.version;
  const tombstone = encodeTombstone(versions.next(replaced), ttlSeconds, endsAt);
  const cas = casOf(found);
  const outcome = await node.store(cas === undefined ? 'add' : { cas }, key, tombstone, { ttlSeconds, flags: TOMBSTONE_FLAGS }, options);
  return outcome === 'stored';
}

function casOf(found: Entry | undefined): CasToken | undefined {
  return found?.kind === 'record' ? StoredRecord.origin(found).cas : found?.cas;
}
