import type { Item } from '../item.ts';
import type { ItemStore } from '../item-store.ts';
import type { Reply } from '../reply.ts';
import type { CommandContext } from './command.ts';
import { echo, echoWord, hasLongOpaque, OPAQUE_TOO_LONG } from './meta-echo.ts';
import type { MetaFlags } from './meta-flags.ts';

/** `mg`: reads, touches (`T`), creates on a miss (`N`) and says which client must refill (`W`, `Z`, `X`). */
export function metaGet(flags: MetaFlags, reply: Reply, { store, stats }: CommandContext): void {
  const found = store.find(flags.key);
  const item = found ?? vivify(flags, store);
  const refused = hasLongOpaque(flags);
  // As in memcached 1.6.18: a created item counts as a hit, a miss never counts for `touch`, and a refused hit does
  // not count.
  if (!item || !refused) stats.count(item && flags.exptime !== undefined ? 'touch' : 'get', item !== undefined);
  if (refused) return reply.line(OPAQUE_TOO_LONG);
  if (!item) {
    if (!flags.quiet) reply.line(`EN${echo(flags)}`);
    return;
  }
  const created = found === undefined;
  const { text, recache } = fields(flags, item, created, store);
  const answer = `${flags.value ? `VA ${item.value.length}` : 'HD'}${text}${marks(item, created || recache)}`;
  const value = item.value;
  if (!flags.noUse) store.use(item);
  if (flags.value) reply.add(`${answer}\r\n`, value, '\r\n');
  else reply.line(answer);
}

function vivify(flags: MetaFlags, store: ItemStore): Item | undefined {
  if (flags.vivify === undefined) return undefined;
  const { key } = flags;
  return store.create({ key, value: Buffer.alloc(0), flags: 0, expiresAt: 0, cas: 0n });
}

/**
 * The requested values, in order: a `t` or `R` before a `T` or `N` uses the old time to live. `recache`: less time is
 * left than `R` says.
 */
function fields(
  flags: MetaFlags,
  item: Item,
  created: boolean,
  store: ItemStore,
): { readonly text: string; readonly recache: boolean } {
  let text = '';
  let recache = false;
  for (const word of flags.words) {
    switch (word.charAt(0)) {
      case 'T':
        item.expiresAt = store.expiry(flags.exptime ?? 0);
        break;
      case 'N':
        if (created) item.expiresAt = store.expiry(flags.vivify ?? 0);
        break;
      case 'R':
        recache = !created && item.expiresAt !== 0 && item.expiresAt < store.expiry(flags.recache ?? 0);
        break;
      default:
        text += field(word, item, store);
    }
  }
  return { text, recache };
}

function field(word: string, item: Item, store: ItemStore): string {
  switch (word.charAt(0)) {
    case 's':
      return ` s${item.value.length}`;
    case 't':
      return ` t${store.remaining(item)}`;
    case 'c':
      return ` c${item.cas}`;
    case 'f':
      return ` f${item.flags}`;
    case 'l':
      return ` l${store.now() - item.usedAt}`;
    case 'h':
      return ` h${item.fetched ? 1 : 0}`;
    default:
      return echoWord(word, item.key, item.binaryKey);
  }
}

/** `Z`: another client refills; `X`: stale; `W`: this client refills. */
function marks(item: Item, due: boolean): string {
  const wins = !item.tokenSent && (due || item.stale);
  const text = (item.tokenSent ? ' Z' : '') + (item.stale ? ' X' : '') + (wins ? ' W' : '');
  if (wins) item.tokenSent = true;
  return text;
}
