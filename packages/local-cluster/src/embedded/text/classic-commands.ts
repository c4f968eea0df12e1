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
  type Workplace,
} from './command.ts';
import { answerer } from './noreply.ts';

const BAD_EXPTIME = 'CLIENT_ERROR invalid exptime argument';

const COMMANDS: Readonly<Record<string, Command>> = {
  get: (words, reply, place) => get(words.slice(1), false, undefined, reply, place),
  bget: (words, reply, place) => get(words.slice(1), false, undefined, reply, place),
  gets: (words, reply, place) => get(words.slice(1), true, undefined, reply, place),
  gat: (words, reply, place) => getAndTouch(words, false, reply, place),
  gats: (words, reply, place) => getAndTouch(words, true, reply, place),
  set: (words, reply, place) => store('set', words, reply, place),
  add: (words, reply, place) => store('add', words, reply, place),
  replace: (words, reply, place) => store('replace', words, reply, place),
  append: (words, reply, place) => store('append', words, reply, place),
  prepend: (words, reply, place) => store('prepend', words, reply, place),
  cas: (words, reply, place) => store('cas', words, reply, place),
  incr: (words, reply, place) => count('up', words, reply, place),
  decr: (words, reply, place) => count('down', words, reply, place),
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
  place: Workplace,
): void {
  if (keys.length === 0 && expiresAt === undefined) return reply.line('ERROR');
  const parts: (string | Buffer)[] = [];
  for (const key of keys) {
    if (key.length > MAX_KEY_BYTES) {
      reply.dropStacked();
      return reply.line(BAD_FORMAT);
    }
    if (key === CLUSTER_KEY && place.listing && keys.length === 1) return reply.add(encodeValueReply(place.listing()));
    const item = place.store.fetch(key);
    place.stats.count(expiresAt === undefined ? 'get' : 'touch', item !== undefined);
    place.stats.prefixes.count(key, 'get', ...(item ? (['hit'] as const) : []));
    if (!item) continue;
    if (expiresAt !== undefined) item.expiresAt = expiresAt;
    parts.push(header(item, withCas), item.value, '\r\n');
  }
  reply.add(...parts, 'END\r\n');
  reply.settle();
}

function getAndTouch(words: readonly string[], withCas: boolean, reply: Reply, place: Workplace): void {
  if (words.length < 2) return reply.line('ERROR');
  const exptime = parseInt32(words[1] ?? '');
  if (exptime === undefined) return reply.line(BAD_EXPTIME);
  get(words.slice(2), withCas, place.store.expiry(exptime), reply, place);
}

function header(item: Item, withCas: boolean): string {
  return `VALUE ${item.key} ${item.flags} ${item.value.length}${withCas ? ` ${item.cas}` : ''}\r\n`;
}

function store(mode: StoreMode, words: readonly string[], reply: Reply, place: Workplace): Sequel | void {
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

  if (isReserved(key, place)) {
    answer(RESERVED);
    return { kind: 'swallow', length };
  }
  const { store: items, stats } = place;
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

function touch(words: readonly string[], reply: Reply, place: Workplace): void {
  if (words.length !== 3 && words.length !== 4) return reply.line('ERROR');
  const answer = answerer(words, reply);
  const [, key = '', exptimeText = ''] = words;
  if (key.length > MAX_KEY_BYTES) return answer(BAD_FORMAT);
  const exptime = parseInt32(exptimeText);
  if (exptime === undefined) return answer(BAD_EXPTIME);
  const item = place.store.fetch(key);
  place.stats.count('touch', item !== undefined);
  if (item) item.expiresAt = place.store.expiry(exptime);
  answer(item ? 'TOUCHED' : 'NOT_FOUND');
}

function count(direction: 'up' | 'down', words: readonly string[], reply: Reply, place: Workplace): void {
  if (words.length !== 3 && words.length !== 4) return reply.line('ERROR');
  const answer = answerer(words, reply);
  const [, key = '', deltaText = ''] = words;
  if (key.length > MAX_KEY_BYTES) return answer(BAD_FORMAT);
  const delta = parseUint64(deltaText);
  if (delta === undefined) return answer('CLIENT_ERROR invalid numeric delta argument');
  const result = place.store.arithmetic(key, direction, delta, 0n);
  place.stats.countCounter(direction, result.outcome);
  if (result.outcome === 'done') return answer(String(result.value));
  answer(
    result.outcome === 'not-a-number' ? 'CLIENT_ERROR cannot increment or decrement non-numeric value' : 'NOT_FOUND',
  );
}

function remove(words: readonly string[], reply: Reply, place: Workplace): void {
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
  if (isReserved(key, place)) return answer(RESERVED);
  place.stats.prefixes.count(key, 'del');
  const item = place.store.find(key);
  place.stats.count('delete', item !== undefined);
  if (item) place.store.delete(item);
  answer(item ? 'DELETED' : 'NOT_FOUND');
}
