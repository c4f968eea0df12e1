/**
 * How fast are the lookup of a key's owner and the building of a ring? Compared with the rings on npm, on 3, 32 and 512
 * nodes.
 *
 *     node benchmarks/dist/hash-ring.js [--quick] [--rounds 41] [--milliseconds 10] [--json FILE]
 *
 * Contenders take turns within each round, with another one first each time. Prints medians over the rounds, and ratios
 * of medians.
 */
import { createHash } from 'node:crypto';
import { ketama, modulo, rendezvous, type Distribution, type RingNode } from '@sess/hash-ring';
import ConsistentHash from 'consistent-hash';
import HashRing from 'hashring';
import { JSON_FILE, readCommandLine, writeJson } from './command-line.ts';
import { median } from './statistics.ts';
import { count, printTable } from './table.ts';

const options = readCommandLine(
  'node benchmarks/dist/hash-ring.js',
  "How fast is a key's owner found, and a ring built?",
  {
    quick: { help: '5 rounds' },
    rounds: { help: 'measurements of each contender', default: 41 },
    milliseconds: { help: 'length of a measurement', default: 10 },
    json: JSON_FILE,
  },
);
const rounds = options.quick ? 5 : options.rounds;
const { milliseconds } = options;

const PORT = 11_211;
const NODE_COUNTS = [3, 32, 512];
/** Different keys of 45 to 60 characters, like those of sessions. More than fit in a processor's first cache. */
const keys = Array.from({ length: 20_000 }, (_, index) => {
  const digest = createHash('sha512').update(`session ${index}`).digest('base64url');
  return `sess:${digest.slice(0, 40 + (index % 16))}`;
});

type Lookup = (key: string) => unknown;

/** Each builds a ring over servers, and returns a function that looks a key up in it. */
const CONTENDERS = {
  'sess ketama': (servers) => lookupIn(ketama(asNodes(servers))),
  'sess ketama, libmemcached': (servers) => lookupIn(ketama(asNodes(servers), { compatibleWith: 'libmemcached' })),
  'sess modulo': (servers) => lookupIn(modulo(asNodes(servers))),
  'sess rendezvous': (servers) => lookupIn(rendezvous(asNodes(servers))),
  'hashring, no cache': (servers) => lookupInHashRing(withoutCache(servers)),
  'hashring, cache of 1': (servers) => lookupInHashRing(withLeastCache(servers)),
  'consistent-hash': (servers) => {
    const ring = new ConsistentHash();
    for (const server of servers) ring.add(server);
    return (key) => ring.get(key);
  },
} satisfies Record<string, (servers: readonly string[]) => Lookup>;
type ContenderName = keyof typeof CONTENDERS;
const NAMES = Object.keys(CONTENDERS) as ContenderName[];

interface Result {
  readonly nodes: number;
  readonly nanosecondsPerLookup: Readonly<Record<ContenderName, number>>;
  readonly buildMilliseconds: Readonly<Record<ContenderName, number>>;
  /** Lookups per second of `sess ketama` over those of the peer. */
  readonly overPeer: Readonly<Record<'hashring, no cache' | 'hashring, cache of 1' | 'consistent-hash', number>>;
}

checkPeers();
const lookups = new Map(NODE_COUNTS.map((nodes) => [nodes, buildAll(serversNumbered(nodes)).lookups]));
const samples = new Map(NODE_COUNTS.map((nodes) => [nodes, emptySamples()]));
const builds = new Map(NODE_COUNTS.map((nodes) => [nodes, emptySamples()]));
// Round 0 warms up; it does not count.
for (let round = 0; round <= rounds; round += 1) {
  for (const nodes of NODE_COUNTS) {
    for (const name of [...NAMES.slice(round % NAMES.length), ...NAMES.slice(0, round % NAMES.length)]) {
      const nanoseconds = timeLookups(lookups.get(nodes)?.get(name) ?? (() => undefined));
      if (round > 0) samples.get(nodes)?.get(name)?.push(nanoseconds);
    }
    if (round > 0)
      for (const [name, taken] of buildAll(serversNumbered(nodes)).taken) builds.get(nodes)?.get(name)?.push(taken);
  }
}
const results = NODE_COUNTS.map((nodes) => summarize(nodes));
for (const result of results) print(result);
const costOf = (nodes: number): number =>
  results.find((result) => result.nodes === nodes)?.nanosecondsPerLookup['sess ketama'] ?? Number.NaN;
const cost512Over3 = costOf(512) / costOf(3);
console.log(`\nsess ketama: a lookup among 512 nodes costs ${cost512Over3.toFixed(2)} × one among 3`);
await writeJson(options.json, { rounds, results, cost512Over3 });

function serversNumbered(nodes: number): readonly string[] {
  return Array.from({ length: nodes }, (_, index) => `10.0.${index >> 8}.${index & 255}:${PORT}`);
}

function asNodes(servers: readonly string[]): RingNode[] {
  return servers.map((id) => ({ id }));
}

function lookupIn(distribution: Distribution): Lookup {
  return (key) => distribution.owner(key);
}

function lookupInHashRing(ring: HashRing): Lookup {
  return (key) => ring.get(key);
}

/**
 * The peer with a cache that does nothing, which is the fairest comparison. No option disables its cache: with a size
 * of 0, `get` throws.
 */
function withoutCache(servers: readonly string[]): HashRing {
  const ring = withLeastCache(servers);
  ring.cache = { get: () => undefined, set: () => undefined };
  return ring;
}

/**
 * The peer with the smallest cache that works. A lookup hits only if the lookup before had the same key.
 */
function withLeastCache(servers: readonly string[]): HashRing {
  return new HashRing(servers, 'md5', { 'max cache size': 1, 'default port': PORT });
}

/** Checks that the peer's cache is never hit, and that the peer finds the same owners as `sess ketama`. */
function checkPeers(): void {
  for (const make of [withoutCache, withLeastCache]) {
    const ring = make(serversNumbered(3));
    const hash = ring.hash.bind(ring);
    let hashed = 0;
    ring.hash = (key) => {
      hashed += 1;
      return hash(key);
    };
    for (const key of [...keys.slice(0, 500), ...keys.slice(0, 500)]) ring.get(key);
    if (hashed !== 1000) throw new Error(`hashring hashed ${hashed} times for 1000 lookups: its cache is not off`);
  }
  for (const nodes of NODE_COUNTS) {
    const [ours, theirs] = [ketama(asNodes(serversNumbered(nodes))), withoutCache(serversNumbered(nodes))];
    const other = keys.filter((key) => ours.owner(key).id !== theirs.get(key)).length;
    if (other > 0)
      throw new Error(`hashring finds another owner for ${other} of ${keys.length} keys on ${nodes} nodes`);
  }
}

function emptySamples(): Map<ContenderName, number[]> {
  return new Map(NAMES.map((name) => [name, []]));
}

function buildAll(servers: readonly string[]): {
  readonly lookups: ReadonlyMap<ContenderName, Lookup>;
  readonly taken: ReadonlyMap<ContenderName, number>;
} {
  const built = new Map<ContenderName, Lookup>();
  const taken = new Map<ContenderName, number>();
  for (const name of NAMES) {
    const start = performance.now();
    const lookup = CONTENDERS[name](servers);
    // Some contenders delay work until the first lookup.
    lookup('sess:first');
    taken.set(name, performance.now() - start);
    built.set(name, lookup);
  }
  return { lookups: built, taken };
}

/** Nanoseconds per lookup, over as many passes through all keys as the time allows. */
function timeLookups(lookup: Lookup): number {
  const start = performance.now();
  let done = 0;
  let elapsed = 0;
  while (elapsed < milliseconds) {
    for (const key of keys) lookup(key);
    done += keys.length;
    elapsed = performance.now() - start;
  }
  return (elapsed * 1e6) / done;
}

function summarize(nodes: number): Result {
  const medians = (of: ReadonlyMap<number, ReadonlyMap<ContenderName, number[]>>): Record<ContenderName, number> =>
    Object.fromEntries(NAMES.map((name) => [name, median(of.get(nodes)?.get(name) ?? [])])) as Record<
      ContenderName,
      number
    >;
  const nanosecondsPerLookup = medians(samples);
  const over = (peer: ContenderName): number => nanosecondsPerLookup[peer] / nanosecondsPerLookup['sess ketama'];
  return {
    nodes,
    nanosecondsPerLookup,
    buildMilliseconds: medians(builds),
    overPeer: {
      'hashring, no cache': over('hashring, no cache'),
      'hashring, cache of 1': over('hashring, cache of 1'),
      'consistent-hash': over('consistent-hash'),
    },
  };
}

function print({ nodes, nanosecondsPerLookup, buildMilliseconds, overPeer }: Result): void {
  console.log(`\n${nodes} nodes`);
  printTable(
    ['', 'lookups/s', 'ns each', 'build ms'],
    NAMES.map((name) => [
      name,
      count(1e9 / nanosecondsPerLookup[name]),
      nanosecondsPerLookup[name].toFixed(0),
      buildMilliseconds[name].toFixed(2),
    ]),
  );
  const ratios = Object.entries(overPeer).map(([peer, ratio]) => `${ratio.toFixed(2)} × ${peer}`);
  console.log(`sess ketama: ${ratios.join('; ')}`);
}
