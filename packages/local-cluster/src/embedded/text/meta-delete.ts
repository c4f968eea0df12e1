import type { Reply } from '../reply.ts';
import { isReserved, RESERVED, type CommandContext } from './command.ts';
import { echo, hasLongOpaque, OPAQUE_TOO_LONG } from './meta-echo.ts';
import type { MetaFlags } from './meta-flags.ts';

/** `md`: deletes; with `I` marks as stale. */
export function metaDelete(flags: MetaFlags, reply: Reply, context: CommandContext): void {
  if (isReserved(flags.key, context)) return reply.line(RESERVED);
  const { store, stats } = context;
  if (hasLongOpaque(flags)) return reply.line(OPAQUE_TOO_LONG);
  const item = store.find(flags.key);
  const allowed = item !== undefined && (flags.cas === undefined || flags.cas === item.cas);
  // As in memcached 1.6.18, marking as stale does not count as a deletion, and a wrong CAS number counts as a miss.
  if (!allowed || !flags.invalidate) stats.count('delete', allowed);
  if (!item) return reply.line(`NF${echo(flags)}`);
  if (!allowed) return reply.line(`EX${echo(flags)}`);
  if (flags.invalidate) {
    if (flags.exptime !== undefined) item.expiresAt = store.expiry(flags.exptime);
    store.invalidate(item);
  } else {
    store.delete(item);
  }
  if (!flags.quiet) reply.line(`HD${echo(flags)}`);
}
