import { EventEmitter, once } from 'node:events';
import { createClient } from '@sess/client';
import { startLocalCluster } from '@sess/local-cluster';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { Browser } from '@sess/conformance';
import { browse, shop } from './shop.ts';

declare module '@sess/session' {
  interface SessionData {
    count?: number;
    [key: `key-${number}`]: number;
  }
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const SERVERS = 4;

interface Servers {
  /** A browser with the session, at one of the servers. */
  readonly at: (index: number) => Browser;
  /** Lets the slow request end. */
  readonly release: () => void;
  /** Resolves when the slow request is under way. */
  readonly waiting: Promise<unknown>;
}

/** Browsers with one session, each pointed at another server over one cluster. The first is logged in. */
async function oneSession(copies: number): Promise<Servers> {
  const cluster = await startLocalCluster({ nodes: 3, runtime });
  closing.push(() => cluster.close());
  const signals = new EventEmitter();
  const [released, waiting] = [once(signals, 'release'), once(signals, 'arrival')];
  const browsers: Browser[] = [];
  for (let server = 0; server < SERVERS; server += 1) {
    const client = createClient({
      servers: `memcached://${cluster.nodes.map(({ id }) => id).join(',')}`,
      copies,
      timeoutMs: 10_000,
    });
    closing.push(() => client.close());
    await client.ready();
    const app = shop(
      { client, store: undefined, onUnavailable: 'error' },
      {
        '/key'({ session, query }) {
          const index = Number(query['index']);
          session.data[`key-${index}`] = index;
        },
        async '/count'({ session }) {
          await session.update((data) => (data.count = (data.count ?? 0) + 1));
        },
        async '/slow'({ session }) {
          session.data.cart = ['late'];
          signals.emit('arrival');
          await released;
        },
        '/data'(ctx) {
          ctx.body = ctx.session.data;
        },
      },
    );
    browsers.push(await browse(app));
  }
  const [first = new Browser('')] = browsers;
  await first.post('/login');
  const at = (index: number): Browser => new Browser(browsers[index % SERVERS]?.origin ?? '', first.cookies);
  return { at, waiting, release: () => void signals.emit('release') };
}

/** One after another. */
const ROUNDS = inject('long') ? 3 : 1;
const hundred = Array.from({ length: 100 }, (_, index) => index);
const [runtime = 'embedded'] = inject('mainRuntimes');

describe.each([2])(`one session on ${SERVERS} servers over one cluster (${runtime}, copies: %i)`, (copies) => {
  it('keeps the key that each of a hundred parallel requests adds', { timeout: 60_000 }, async () => {
    const { at } = await oneSession(copies);
    for (let round = 0; round < ROUNDS; round += 1) {
      const answers = await Promise.all(hundred.map((index) => at(index).post(`/key?index=${round * 100 + index}`)));
      expect(answers.filter(({ status }) => status >= 400 && status !== 404)).toEqual([]);
      const keys = Object.keys((await at(round).json('/data')) as object).filter((key) => key.startsWith('key-'));
      expect(keys).toHaveLength((round + 1) * 100);
    }
  });

  it('counts a hundred parallel increments', { timeout: 60_000 }, async () => {
    const { at } = await oneSession(copies);
    for (let round = 1; round <= ROUNDS; round += 1) {
      const answers = await Promise.all(hundred.map((index) => at(index).post('/count')));
      expect(answers.filter(({ status }) => status >= 400 && status !== 404)).toEqual([]);
      expect(await at(round).json('/data')).toMatchObject({ count: round * 100 });
    }
  });

  it('ends at a logout on one server, though a slow request on another changes it', async () => {
    const { at, release, waiting } = await oneSession(copies);
    const slow = at(0).post('/slow');
    await waiting;
    expect((await at(1).post('/logout')).status).toBe(204);
    release();
    const answer = await slow;
    expect(answer.headers.get('set-cookie')).toBeNull();
    for (const server of [0, 1, 2, 3]) expect(await at(server).json('/data')).toEqual({});
  });
});
