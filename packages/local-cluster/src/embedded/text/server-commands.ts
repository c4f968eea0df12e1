import { encodeConfigReply } from '../../configuration/configuration-listing.ts';
import { itemBytes, type Item } from '../item.ts';
import { parseInt32, parseUint32 } from '../number-syntax.ts';
import type { ItemStore } from '../item-store.ts';
import type { Reply } from '../reply.ts';
import { connectionRows, statRows } from '../stats/stat-rows.ts';
import type { PrefixStats } from '../stats/prefix-stats.ts';
import { VERSION } from '../../version.ts';
import { BAD_FORMAT, resetStats, type Command, type CommandContext } from './command.ts';
import { answerer } from './noreply.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  version: (_words, reply) => reply.line(`VERSION ${VERSION}`),
  quit: () => ({ kind: 'close' }),
  verbosity,
  flush_all: flush,
  stats,
  lru_crawler: crawl,
  cache_memlimit: limitMemory,
  config,
  shutdown: (_words, reply) => reply.line('ERROR: shutdown not enabled'),
};

/** Commands that concern the server rather than one item. */
export function findServerCommand(name: string): Command | undefined {
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
}

/** `cache_memlimit <MiB>`, at least 8. */
function limitMemory(words: readonly string[], reply: Reply, { store }: CommandContext): void {
  if (words.length !== 2 && words.length !== 3) return reply.line('ERROR');
  const answer = answerer(words, reply);
  const megabytes = parseUint32(words[1] ?? '');
  if (megabytes === undefined) return answer('ERROR');
  if (megabytes < 8) return answer('MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m');
  if (megabytes > 1_000_000_000) return answer('MEMLIMIT_ADJUST_FAILED input value is megabytes not bytes');
  store.limitMemory(megabytes * 1_048_576);
  answer('OK');
}

/** There is no log; accepted for tools that send it. */
function verbosity(words: readonly string[], reply: Reply): void {
  if (words.length !== 2 && words.length !== 3) return reply.line('ERROR');
  answerer(words, reply)(parseUint32(words[1] ?? '') === undefined ? BAD_FORMAT : 'OK');
}

function flush(words: readonly string[], reply: Reply, { store, stats: counters }: CommandContext): void {
  if (words.length > 3) return reply.line('ERROR');
  const answer = answerer(words, reply);
  counters.count('flush');
  const quiet = words.at(-1) === 'noreply';
  const exptime = words.length === (quiet ? 2 : 1) ? 0 : parseInt32(words[1] ?? '');
  if (exptime === undefined) return answer('CLIENT_ERROR invalid exptime argument');
  store.flush(exptime);
  answer('OK');
}

function stats(words: readonly string[], reply: Reply, context: CommandContext): void {
  const [, topic] = words;
  if (topic === 'reset') {
    resetStats(context);
    return reply.line('RESET');
  }
  if (topic === 'detail') return detail(words, reply, context.stats.prefixes);
  if (topic === 'cachedump') return cachedump(words, reply, context.store);
  const rows = topic === 'conns' ? connectionRows(context) : statRows(topic, context);
  if (rows === undefined) return reply.line('ERROR');
  for (const [name, value] of rows) reply.line(`STAT ${name} ${value}`);
  reply.line('END');
}

function detail([, , action]: readonly string[], reply: Reply, prefixes: PrefixStats): void {
  if (action === 'dump') return reply.add(prefixes.dump());
  if (action !== 'on' && action !== 'off') return reply.line('CLIENT_ERROR usage: stats detail on|off|dump');
  prefixes.enabled = action === 'on';
  reply.line('OK');
}

/** `stats cachedump <class> <limit>`; truncated at 2 MiB, as in memcached. */
function cachedump([, , classText, limitText]: readonly string[], reply: Reply, store: ItemStore): void {
  if (limitText === undefined) return reply.line('CLIENT_ERROR bad command line');
  const [slabClass, limit] = [parseUint32(classText ?? ''), parseUint32(limitText)];
  if (slabClass === undefined || limit === undefined) return reply.line(BAD_FORMAT);
  if (slabClass > 63) return reply.line('CLIENT_ERROR Illegal slab id');
  let [left, bytes] = [limit === 0 ? Infinity : limit, 0];
  for (const item of slabClass === 1 ? store.list() : []) {
    const row = `ITEM ${item.key} [${item.value.length} b; ${item.expiresAt} s]`;
    bytes += row.length + 2;
    if (left <= 0 || bytes > MAX_CACHEDUMP_BYTES) break;
    left -= 1;
    reply.line(row);
  }
  reply.line('END');
}

const MAX_CACHEDUMP_BYTES = 2_097_152;

function crawl(words: readonly string[], reply: Reply, context: CommandContext): void {
  const [, action, target] = words;
  if (!context.listsKeys) return reply.line('ERROR');
  // The crawler is always running: memcached's reply in that case.
  if (words.length === 2) return reply.line(action === 'enable' ? 'ERROR failed to start lru crawler thread' : 'ERROR');
  if (words.length !== 3 || action !== 'metadump') return reply.line('ERROR');
  // memcached passes the connection to another thread here and would lose unwritten replies.
  if (reply.isStacked) return reply.line('ERROR cannot pipeline other commands before metadump');
  if (context.stats.crawling) return reply.line('BUSY currently processing crawler request');
  const classes = target === 'all' || target === 'hash' ? ['1'] : (target ?? '').split(',');
  if (!classes.every(isSlabClass)) return reply.line('BADCLASS invalid class id');
  reply.list(
    metadump(
      context,
      classes.some((id) => Number(id) === 1),
    ),
  );
}

function isSlabClass(text: string): boolean {
  const id = parseUint32(text);
  return id !== undefined && id >= 1 && id <= 63;
}

/** All items are in the first class. */
function* metadump({ store, stats: counters }: CommandContext, hasFirstClass: boolean): Generator<string> {
  counters.crawling = true;
  try {
    for (const item of hasFirstClass ? store.list() : []) yield describe(item);
    yield 'END\r\n';
  } finally {
    counters.crawling = false;
  }
}

function describe(item: Item): string {
  const size = itemBytes(item.key.length, item.flags, item.value.length);
  return `key=${encodeKey(item.key)} exp=${item.expiresAt === 0 ? -1 : item.expiresAt} la=${item.usedAt} cas=${item.cas} fetch=${item.fetched ? 'yes' : 'no'} cls=1 size=${size}\n`;
}

/** Encodes every byte but letters, digits and `-._~` as `%XX`. */
function encodeKey(key: string): string {
  return key.replaceAll(/[^\w.~-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

function config(words: readonly string[], reply: Reply, { listing }: CommandContext): void {
  if (listing && words.length === 3 && words[1] === 'get' && words[2] === 'cluster')
    return reply.add(encodeConfigReply(listing()));
  reply.line('ERROR');
}
