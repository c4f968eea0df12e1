import { itemBytes, MAX_KEY_BYTES } from '../item.ts';
import type { Reply } from '../reply.ts';
import { BAD_FORMAT, type CommandContext } from './command.ts';
import { decodeKey } from './meta-flags.ts';
import { showKey } from './meta-echo.ts';

/** `me`: shows an item's internal fields. Does not count as a use. */
export function metaDebug(words: readonly string[], reply: Reply, { store, stats }: CommandContext): void {
  const [, rawKey, flag] = words;
  if (rawKey === undefined || rawKey.length > MAX_KEY_BYTES) return reply.line(BAD_FORMAT);
  const key = flag === 'b' ? decodeKey(rawKey) : rawKey;
  if (key === undefined) return reply.line(BAD_FORMAT);
  stats.note('meta');
  const item = store.find(key);
  if (!item) return reply.line('EN');
  // memcached prints the time since the expiry, so a negative number while the item lives.
  const sinceExpiry = item.expiresAt === 0 ? -1 : -store.remaining(item);
  const shown = item.binaryKey ? showKey(item.key, true).slice(0, -' b'.length) : item.key;
  const size = itemBytes(item.key.length, item.flags, item.value.length);
  reply.line(
    `ME ${shown} exp=${sinceExpiry} la=${store.now() - item.usedAt} cas=${item.cas} fetch=${item.fetched ? 'yes' : 'no'} cls=1 size=${size}`,
  );
}
