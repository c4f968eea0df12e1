import type { Item } from '../item.ts';
import type { ItemStore } from '../item-store.ts';
import type { Reply } from '../reply.ts';
import type { Workplace } from './command.ts';
import { echo, echoWord, hasLongOpaque, OPAQUE_TOO_LONG } from './meta-echo.ts';
import type { MetaFlags } from './meta-flags.ts';

/** `mg`: reads, touches (`T`), makes on a miss (`N`) and says who shall refill (`W`, `Z`, `X`). */
export function metaGet(flags: MetaFlags, reply: Reply, { store, stats }: Workplace): void {
  const found = store.find(flags.key);
  const item = found ?? vivify(flags, store);
  stats.count(flags.exptime === undefined ? 'get' : 'touch', found !== undefined);
  if (hasLongOpaque(flags)) return reply.line(OPAQUE_TOO_LONG);
  if (!item) {
    if (!flags.quiet) reply.line(`EN${echo(flags)}`);
    return;
  }
  const answer =
    (flags.value ? `VA ${item.value.length}` : 'HD') + fields(flags, item, store) + marks(flags, item, found === undefined, store);
  const value = item.value;
  if (!flags.noUse) store.use(item);
  if (flags.value) reply.add(`${answer}\r\n`, value, '\r\n');
  else reply.line(answer);
}

function vivify(flags: MetaFlags, store: ItemStore): Item | undefined {
  if (flags.vivify === undefined) return undefined;
  const { key } = flags;
  return store.create({ key, value: Buffer.alloc(0), flags: 0, expiresAt: store.expiry(flags.vivify), cas: 0n });
}

/** The values that were asked for, in that order. A `t` before a `T` shows the time to live before it. */
function fields(flags: MetaFlags, item: Item, store: ItemStore): string {
  let text = '';
  for (const word of flags.words) {
    switch (word.charAt(0)) {
      case 'T':
        item.expiresAt = store.expiry(flags.exptime ?? 0);
        break;
      case 's':
        text += ` s${item.value.length}`;
        break;
      case 't':
        text += ` t${store.remaining(item)}`;
        break;
      case 'c':
        text += ` c${item.cas}`;
        break;
      case 'f':
        text += ` f${item.flags}`;
        break;
      case 'l':
        text += ` l${store.now() - item.usedAt}`;
        break;
      case 'h':
        text += ` h${item.fetched ? 1 : 0}`;
        break;
      default:
        text += echoWord(word, item.key, item.binaryKey);
    }
  }
  return text;
}

/** `Z`: another client refills; `X`: stale; `W`: this client refills. */
function marks(flags: MetaFlags, item: Item, created: boolean, store: ItemStore): string {
  const dueForRecache = flags.recache !== undefined && !created && item.expiresAt !== 0 && item.expiresAt < store.expiry(flags.recache);
  const wins = created || (!item.tokenSent && (dueForRecache || item.stale));
  const text = (item.tokenSent ? ' Z' : '') + (item.stale ? ' X' : '') + (wins ? ' W' : '');
  if (wins) item.tokenSent = true;
  return text;
}
