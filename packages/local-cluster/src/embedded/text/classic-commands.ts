import { CLUSTER_KEY, encodeValueReply } from '../../configuration/configuration-listing.ts';
import { MAX_KEY_BYTES, type Item } from '../item.ts';
import type { StoreMode } from '../item-store.ts';
import { parseInt32, parseUint32, parseUint64 } from '../number-syntax.ts';
import type { Reply } from '../reply.ts';
import {
  BAD_CHUNK,
  BAD_FORMAT,
  isReserved,
  NO_MEMORY,
  RESERVED,
  TOO_LARGE,
  type Command,
  type Sequel,
  type CommandContext,
} from './command.ts';
import { answerer } from './noreply.ts';

const BAD_EXPTIME = 'CLIENT_ERROR invalid exptime argument';

const COMMANDS: Readonly<Record<string, Command>> = {
  get: (words, reply, context) => get(words.slice(1), false, undefined, reply, context),
  bget: (words, reply, context) => get(words.slice(1), false, undefined, reply, context),
  gets: (words, reply, context) => get(words.slice(1), true, undefined, reply, context),
  gat: (words, reply, context) => getAndTouch(words, false, reply, context),
  gats: (words, reply, context) => getAndTouch(words, true, reply, context),
  set: (words, reply, context) => store('set', words, reply, context),
  add: (words, reply, context) => store('add', words, reply, context),
  replace: (words, reply, context) => store('replace', words, reply, context),
  append: (words, reply, context) => store('append', words, reply, context),
  prepend: (words, reply, context) => store('prepend', words, reply, context),
  cas: (words, reply, context) => store('cas', words, reply, context),
  incr: (words, reply, context) => count('up', words, reply, context),
  decr: (words, reply, context) => count('down', words, reply, context),
  touch,
  delete: remove,
};

export function findClassicCommand(name: string): Command | undefined {
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
}

function get(
  keys: readonly string[],
  withCas: boolean,
  expiresAt: number | undefined,
  reply: Reply,
  context: CommandContext,
): void {
  if (keys.length === 0 && expiresAt === undefined) return reply.line('ERROR');
  const parts: (string | Buffer)[] = [];
  for (const key of keys) {
    if (key.length > MAX_KEY_BYTES) {
      reply.dropStacked();
      return reply.line(BAD_FORMAT);
    }
    if (key === CLUSTER_KEY && context.listing && keys.length === 1)
      return reply.add(encodeValueReply(context.listing()));
    const item = context.store.fetch(key);
    context.stats.count(expiresAt === undefined ? 'get' : 'touch', item !== undefined);
    context.stats.prefixes.count(key, 'get', ...(item ? (['hit'] as const) : []));
    if (!item) continue;
    if (expiresAt !== undefined) item.expiresAt = expiresAt;
    parts.push(header(item, withCas), item.value, '\r\n');
  }
  reply.add(...parts, 'END\r\n');
  reply.settle();
}

function getAndTouch(words: readonly string[], withCas: boolean, reply: Reply, context: CommandContext): void {
  if (words.length < 2) return reply.line('ERROR');
  const exptime = parseInt32(words[1] ?? '');
  if (exptime === undefined) return reply.line(BAD_EXPTIME);
  get(words.slice(2), withCas, context.store.expiry(exptime), reply, context);
}

function header(item: Item, withCas: boolean): string {
  return `VALUE ${item.key} ${item.flags} ${item.value.length}${withCas ? ` ${item.cas}` : ''}\r\n`;
}

function store(mode: StoreMode, words: readonly string[], reply: Reply, context: CommandContext): Sequel | void {
  const expected = mode === 'cas' ? 6 : 5;
  if (words.length !== expected && words.length !== expected + 1) return reply.line('ERROR');
  const answer = answerer(words, reply);
  const [, key = '', flagsText = '', exptimeText = '', lengthText = '', casText = ''] = words;
  const flags = parseUint32(flagsText);
  const exptime = parseInt32(exptimeText);
  const length = parseInt32(lengthText);
  const cas = mode === 'cas' ? parseUint64(casText) : 0n;
  if (key.length > MAX_KEY_BYTES || flags === undefined || exptime === undefined || cas === undefined)
    return answer(BAD_FORMAT);
  if (length === undefined || length < 0 || length > 0x7fff_fffd) return answer(BAD_FORMAT);

  if (isReserved(key, context)) {
    answer(RESERVED);
    return { kind: 'swallow', length };
  }
  const { store: items, stats } = context;
  stats.prefixes.count(key, 'set');
  const refusal = items.refusal(key.length, flags, length);
  if (refusal) {
    stats.note(refusal === 'too-large' ? 'tooLarge' : 'noMemory');
    answer(refusal === 'too-large' ? TOO_LARGE : NO_MEMORY);
    // After a failed set, nobody must read the old value as the new one.
    const old = mode === 'set' ? items.find(key) : undefined;
    if (old) items.delete(old);
    return { kind: 'swallow', length };
  }
  // Computed before the value comes, as in memcached.
  const expiresAt = items.expiry(exptime);
  return {
    kind: 'value',
    length,
    complete(value) {
      stats.count('set');
      if (value === undefined) return answer(BAD_CHUNK);
      const { outcome } = items.store(mode, { key, flags, expiresAt, cas, value });
      stats.countSwap(mode, outcome);
      answer({ stored: 'STORED', exists: 'EXISTS', missing: 'NOT_FOUND', 'not-stored': 'NOT_STORED' }[outcome]);
    },
  };
}

function touch(words: readonly string[], reply: Reply, context: CommandContext): void {
  if (words.length !== 3 && words.length !== 4) return reply.line('ERROR');
  const answer = answerer(words, reply);
  const [, key = '', exptimeText = ''] = words;
  if (key.length > MAX_KEY_BYTES) return answer(BAD_FORMAT);
  const exptime = parseInt32(exptimeText);
  if (exptime === undefined) return answer(BAD_EXPTIME);
  const item = context.store.fetch(key);
  context.stats.count('touch', item !== undefined);
  if (item) item.expiresAt = context.store.expiry(exptime);
  answer(item ? 'TOUCHED' : 'NOT_FOUND');
}

function count(direction: 'up' | 'down', words: readonly string[], reply: Reply, context: CommandContext): void {
  if (words.length !== 3 && words.length !== 4) return reply.line('ERROR');
  const answer = answerer(words, reply);
  const [, key = '', deltaText = ''] = words;
  if (key.length > MAX_KEY_BYTES) return answer(BAD_FORMAT);
  const delta = parseUint64(deltaText);
  if (delta === undefined) return answer('CLIENT_ERROR invalid numeric delta argument');
  const result = context.store.arithmetic(key, direction, delta, 0n);
  context.stats.countCounter(direction, result.outcome);
  if (result.outcome === 'done') return answer(String(result.value));
  answer(
    result.outcome === 'not-a-number' ? 'CLIENT_ERROR cannot increment or decrement non-numeric value' : 'NOT_FOUND',
  );
}

function remove(words: readonly string[], reply: Reply, context: CommandContext): void {
  if (words.length < 2 || words.length > 4) return reply.line('ERROR');
  const answer = answerer(words.length > 2 ? words : [], reply);
  const [, key = '', second] = words;
  // The earliest protocol had a time argument; only 0 is still allowed.
  const quiet = words.at(-1) === 'noreply';
  const valid =
    words.length === 2 ||
    (words.length === 3 && (second === '0' || quiet)) ||
    (words.length === 4 && second === '0' && quiet);
  if (!valid) return answer(`${BAD_FORMAT}.  Usage: delete <key> [noreply]`);
  if (key.length > MAX_KEY_BYTES) return answer(BAD_FORMAT);
  if (isReserved(key, context)) return answer(RESERVED);
  context.stats.prefixes.count(key, 'del');
  const item = context.store.find(key);
  context.stats.count('delete', item !== undefined);
  if (item) context.store.delete(item);
  answer(item ? 'DELETED' : 'NOT_FOUND');
}
