import type { OperationOptions } from '../contract.ts';
import type { Node } from '../node/node.ts';
import { RECORD_FLAGS, TOMBSTONE_FLAGS } from '../record.ts';
import type { OperationContext } from './context.ts';

/** Moves the expiry of a record: one request. A tombstone that this shortened gets its end back. */
export async function touch(
  context: OperationContext,
  key: string,
  ttlSeconds: number,
  options: OperationOptions | undefined,
): Promise<boolean> {
  const node = context.owner(key);
  const found = await node.touch(key, ttlSeconds, options);
  if (found?.flags === TOMBSTONE_FLAGS) await giveBackItsEnd(context, node, key, ttlSeconds, options);
  return found?.flags === RECORD_FLAGS;
}

/**
 * Stores the tombstone again as it stands, with what is left of its time. By compare-and-swap: where someone wrote meanwhile, theirs is
 * the newer word, and a tombstone written after the touch has its own expiry.
 */
async function giveBackItsEnd(
  { clock }: OperationContext,
  node: Node,
  key: string,
  touchedTo: number,
  options: OperationOptions | undefined,
): Promise<void> {
  const found = await node.look(key, options);
  if (found?.kind !== 'tombstone') return;
  const ttlSeconds = Math.ceil((found.endsAt - clock.now()) / 1000);
  if (ttlSeconds <= touchedTo) return;
  await node.store({ cas: found.cas }, key, found.bytes, { ttlSeconds, flags: TOMBSTONE_FLAGS }, options);
}
