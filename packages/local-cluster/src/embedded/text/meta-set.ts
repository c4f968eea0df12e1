import type { StoreMode, StoreOutcome } from '../item-store.ts';
import { MAX_KEY_BYTES } from '../item.ts';
import { parseInt32 } from '../number-syntax.ts';
import type { Reply } from '../reply.ts';
import {
  BAD_CHUNK,
  BAD_FORMAT,
  isReserved,
  NO_MEMORY,
  RESERVED,
  TOO_LARGE,
  type Sequel,
  type CommandContext,
} from './command.ts';
import { echoWord, hasLongOpaque, OPAQUE_TOO_LONG } from './meta-echo.ts';
import { MAX_META_WORDS, readMetaFlags, type MetaFlags } from './meta-flags.ts';

const MODES: Readonly<Record<string, StoreMode>> = { E: 'add', A: 'append', P: 'prepend', R: 'replace', S: 'set' };
const CODES: Readonly<Record<StoreOutcome, string>> = { stored: 'HD', exists: 'EX', missing: 'NF', 'not-stored': 'NS' };

/**
 * `ms <key> <length> <flags>*`. If the length is known, the value of a refused command is discarded, not read as
 * commands.
 */
export function metaSet(words: readonly string[], reply: Reply, context: CommandContext): Sequel | void {
  const [, rawKey, lengthText] = words;
  if (rawKey === undefined) return reply.line('ERROR');
  if (rawKey.length > MAX_KEY_BYTES || lengthText === undefined) return reply.line(BAD_FORMAT);
  if (words.length > MAX_META_WORDS) return reply.line('CLIENT_ERROR options flags too long');
  const length = parseInt32(lengthText);
  if (length === undefined || length < 0 || length > 0x7fff_fffd) return reply.line(BAD_FORMAT);

  const flags = readMetaFlags(rawKey, words.slice(3));
  const refused = typeof flags === 'string' ? flags : refusal(flags, length, context);
  if (refused !== undefined || typeof flags === 'string') {
    reply.line(refused ?? BAD_FORMAT);
    return { kind: 'swallow', length };
  }
  const { key, clientFlags, binaryKey, invalidate } = flags;
  const mode = modeOf(flags);
  const expiresAt = context.store.expiry(flags.exptime ?? 0);
  return {
    kind: 'value',
    length,
    complete(value) {
      context.stats.count('set');
      if (value === undefined) return reply.line(BAD_CHUNK);
      const stored = context.store.store(mode, {
        key,
        flags: clientFlags,
        expiresAt,
        cas: flags.cas ?? 0n,
        value,
        binaryKey,
        invalidate,
      });
      context.stats.countSwap(mode, stored.outcome);
      if (flags.quiet && stored.outcome === 'stored') return;
      reply.line(CODES[stored.outcome] + echoWithCas(flags, stored.cas));
    },
  };
}

function refusal(flags: MetaFlags, length: number, context: CommandContext): string | undefined {
  const { store, stats } = context;
  if (isReserved(flags.key, context)) return RESERVED;
  if (flags.mode !== undefined && !Object.hasOwn(MODES, flags.mode)) return 'CLIENT_ERROR invalid mode for ms M token';
  if (hasLongOpaque(flags)) return OPAQUE_TOO_LONG;
  const size = store.refusal(flags.key.length, flags.clientFlags, length);
  if (size === undefined) return undefined;
  stats.note(size === 'too-large' ? 'tooLarge' : 'noMemory');
  // After a failed store, nobody must read the old value as the new one.
  const old = store.find(flags.key);
  if (old) store.delete(old);
  return size === 'too-large' ? TOO_LARGE : NO_MEMORY;
}

/** With a CAS number, `set` and `replace` become compare-and-swap. */
function modeOf(flags: MetaFlags): StoreMode {
  const mode = MODES[flags.mode ?? 'S'] ?? 'set';
  return flags.cas !== undefined && (mode === 'set' || mode === 'replace') ? 'cas' : mode;
}

function echoWithCas(flags: MetaFlags, cas: bigint): string {
  return flags.words
    .map((word) => (word.startsWith('c') ? ` c${cas}` : echoWord(word, flags.key, flags.binaryKey)))
    .join('');
}
