/**
 * What do compression, encryption and a codec cost? A request that loads a session with a cart of 20 items, changes it
 * and saves it, in a store in memory.
 *
 *     node benchmarks/dist/codecs.js [--rounds 21] [--milliseconds 50] [--items 20]
 *
 * Contenders take turns within each round, with another one first each time. Prints medians over the rounds, in CPU
 * time of this process. The difference from plain JSON is the cost of the option: one encoding and one decoding.
 */
import { deserialize, serialize } from 'node:v8';
import { createSessions, memoryStore, type SessionData, type SessionsOptions } from '@sess/session';
import { readCommandLine } from './command-line.ts';
import { median } from './statistics.ts';
import { count, printTable } from './table.ts';

const { rounds, milliseconds, items } = readCommandLine(
  'node benchmarks/dist/codecs.js',
  'What do compression, encryption and a codec cost?',
  {
    rounds: { help: 'measurements of each', default: 21 },
    milliseconds: { help: 'length of a measurement', default: 50 },
    items: { help: 'items in the cart', default: 20 },
  },
);

const SECRET = 'a secret of at least thirty-two bytes';
const CONNECTION = { secure: true, response: { headersSent: false } };

interface Cart {
  user: string;
  changes: number;
  cart: { sku: string; name: string; quantity: number; price: { amount: number; currency: string } }[];
}

/** Items like those of a shop: the same form, different content. */
const cart: Cart['cart'] = Array.from({ length: items }, (_, n) => ({
  sku: `sku-${(n * 7_919) % 100_000}`,
  name: `${['Lamp', 'Chair', 'Table', 'Shelf', 'Mirror'][n % 5]} number ${n}`,
  quantity: (n % 3) + 1,
  price: { amount: 1_999 + ((n * 1_337) % 20_000), currency: 'EUR' },
}));

const encrypt = { secret: SECRET };
const CONTENDERS: Readonly<Record<string, Partial<SessionsOptions>>> = {
  JSON: {},
  'compress: deflate': { compress: true },
  'compress: brotli': { compress: { algorithm: 'brotli' } },
  encrypt: { encrypt },
  'compress: deflate, encrypt': { compress: true, encrypt },
  'codec: v8': { codec: { name: 'v8', encode: serialize, decode: deserialize } },
};

interface Contender {
  readonly name: string;
  readonly storedBytes: () => number;
  request(): Promise<void>;
}

async function contender(name: string, given: Partial<SessionsOptions>): Promise<Contender> {
  const store = memoryStore();
  let storedBytes = 0;
  const save = store.save.bind(store);
  store.save = (key, value, how) => {
    storedBytes = value.length;
    return save(key, value, how);
  };
  const sessions = createSessions({ store, secret: SECRET, secure: true, ...given });
  const first = await sessions.open(undefined, CONNECTION);
  const data: SessionData & Cart = { user: 'USER_123', changes: 0, cart };
  first.current.data = data;
  await first.commit();
  const cookie = first.takeCookie()?.split(';')[0];
  return {
    name,
    storedBytes: () => storedBytes,
    async request() {
      const session = await sessions.open(cookie, CONNECTION);
      const { data: loaded }: { data: SessionData & Partial<Cart> } = session.current;
      loaded.changes = (loaded.changes ?? 0) + 1;
      await session.commit();
    },
  };
}

/** Microseconds of CPU that one request takes. */
async function measure(contending: Contender): Promise<number> {
  const until = performance.now() + milliseconds;
  const began = process.cpuUsage();
  let requests = 0;
  while (performance.now() < until) {
    for (let batch = 0; batch < 20; batch++) await contending.request();
    requests += 20;
  }
  const { user, system } = process.cpuUsage(began);
  return (user + system) / requests;
}

const contenders = await Promise.all(Object.entries(CONTENDERS).map(([name, given]) => contender(name, given)));
const microseconds = new Map(contenders.map(({ name }) => [name, [] as number[]]));
for (const warm of contenders) await measure(warm);
for (let round = 0; round < rounds; round++) {
  const first = round % contenders.length;
  for (const each of [...contenders.slice(first), ...contenders.slice(0, first)])
    microseconds.get(each.name)?.push(await measure(each));
}

const plain = median(microseconds.get('JSON') ?? []);
console.log(`A request that loads, changes and saves a session with ${items} items; Node.js ${process.version}\n`);
printTable(
  ['options', 'stored bytes', 'µs of CPU', 'more than JSON', 'ratio'],
  contenders.map(({ name, storedBytes }) => {
    const each = median(microseconds.get(name) ?? []);
    return [name, count(storedBytes()), each.toFixed(1), (each - plain).toFixed(1), `${(each / plain).toFixed(2)}x`];
  }),
);
