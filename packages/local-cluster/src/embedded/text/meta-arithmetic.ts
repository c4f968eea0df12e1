import type { Item } from '../item.ts';
import type { Reply } from '../reply.ts';
import { isReserved, RESERVED, type CommandContext } from './command.ts';
import { echo, echoWord, hasLongOpaque, OPAQUE_TOO_LONG } from './meta-echo.ts';
import type { MetaFlags } from './meta-flags.ts';

const DIRECTIONS: Readonly<Record<string, 'up' | 'down'>> = { I: 'up', '+': 'up', D: 'down', '-': 'down' };

/** `ma`: increments or decrements; with `N` creates a missing counter. */
export function metaArithmetic(flags: MetaFlags, reply: Reply, context: CommandContext): void {
  const direction = DIRECTIONS[flags.mode ?? 'I'];
  if (direction === undefined) return reply.line('CLIENT_ERROR invalid mode for ma M token');
  if (isReserved(flags.key, context)) return reply.line(RESERVED);
  const result = context.store.arithmetic(flags.key, direction, flags.delta, flags.cas ?? 0n);
  if (result.outcome === 'not-a-number')
    return reply.line('CLIENT_ERROR cannot increment or decrement non-numeric value');
  const begun = result.outcome === 'missing' && flags.vivify !== undefined ? begin(flags, context) : undefined;
  if (!begun) context.stats.countCounter(direction, result.outcome);
  const item = result.outcome === 'done' ? result.item : begun;
  const text = item && fields(flags, item, begun !== undefined, context);
  if (hasLongOpaque(flags)) return reply.line(OPAQUE_TOO_LONG);
  if (!item) return reply.line((result.outcome === 'exists' ? 'EX' : 'NF') + echo(flags));
  if (flags.quiet && !begun) return;
  const digits = String(result.outcome === 'done' ? result.value : flags.initial);
  reply.line(flags.value ? `VA ${digits.length}${text}\r\n${digits}` : `HD${text}`);
}

function begin(flags: MetaFlags, { store }: CommandContext): Item {
  return store.create({
    key: flags.key,
    value: Buffer.from(String(flags.initial), 'latin1'),
    flags: 0,
    expiresAt: 0,
    cas: 0n,
  });
}

function fields(flags: MetaFlags, item: Item, begun: boolean, { store }: CommandContext): string {
  let text = '';
  for (const word of flags.words) {
    switch (word.charAt(0)) {
      case 'c':
        text += ` c${item.cas}`;
        break;
      case 't':
        text += ` t${store.remaining(item)}`;
        break;
      case 'T':
        item.expiresAt = store.expiry(flags.exptime ?? 0);
        break;
      case 'N':
        if (begun) item.expiresAt = store.expiry(flags.vivify ?? 0);
        break;
      default:
        text += echoWord(word, flags.key, flags.binaryKey);
    }
  }
  return text;
}
