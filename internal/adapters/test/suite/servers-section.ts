import { createClient } from '@sess/client';
import { Browser } from '@sess/conformance';
import { startLocalCluster } from '@sess/local-cluster';
import { afterEach, expect, inject, it } from 'vitest';
import { SECRET } from './bench.ts';
import { Gate } from './gate.ts';
import type { AdapterAppOptions, AdapterSubject } from './subject.ts';

declare module '@sess/session' {
  interface SessionData {
    count?: number;
    [key: `key-${number}`]: number;
  }
}

const SERVERS = 4;
/** One after another. */
const ROUNDS = inject('long') ? 3 : 1;
const HUNDRED = Array.from({ length: 100 }, (_, index) => index);
const [RUNTIME = 'embedded'] = inject('mainRuntimes');
const COPIES = inject('long') ? [1, 2] : [2];

interface Servers {
  /** A browser with the session, at one of the servers. */
  readonly at: (index: number) => Browser;
  /** Where the slow request waits. */
  readonly gate: Gate;
}

function routesOf(gate: Gate): AdapterAppOptions['routes'] {
  const keys = Array.from({ length: ROUNDS * HUNDRED.length }, (_, index) => index);
  return {
    ...Object.fromEntries(
      keys.map((key) => [`/key/${key}`, ({ session }) => ((session.data[`key-${key}`] = key), {})]),
    ),
    '/login': async ({ session }) => (await session.regenerate(), (session.data.user = 'USER_123'), {}),
    '/logout': async ({ session }) => (await session.destroy(), {}),
    '/count': async ({ session }) => (await session.update((data) => (data.count = (data.count ?? 0) + 1)), {}),
    '/data': ({ session }) => session.data,
    '/slow': async ({ session }) => {
      session.data.note = 'late';
      await gate.pass();
      return {};
    },
  };
}

/** One session on several servers, each with a client of its own, over one cluster. */
export function serversSection(subject: AdapterSubject): void {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  /** The browser at the first server is logged in. */
  async function oneSession(copies: number): Promise<Servers> {
    const cluster = await startLocalCluster({ nodes: 3, runtime: RUNTIME });
    closing.push(() => cluster.close());
    const gate = new Gate();
    const origins: string[] = [];
    for (let server = 0; server < SERVERS; server += 1) {
      const servers = cluster.nodes.map(({ id }) => id);
      const client = createClient({ servers, copies, timeoutMs: 10_000 });
      closing.push(() => client.close());
      await client.ready();
      const app = await subject.start({ sessions: { client, secret: SECRET, secure: false }, routes: routesOf(gate) });
      closing.push(() => app.close());
      origins.push(app.origin);
    }
    const first = new Browser(origins[0] ?? '');
    await first.json('/login');
    return { at: (index) => new Browser(origins[index % SERVERS] ?? '', first.cookies), gate };
  }

  it.each(COPIES)(
    'keeps the key that each of a hundred parallel requests adds (copies: %i)',
    { timeout: 60_000 },
    async (copies) => {
      const { at } = await oneSession(copies);
      for (let round = 0; round < ROUNDS; round += 1) {
        const answers = await Promise.all(HUNDRED.map((index) => at(index).get(`/key/${round * 100 + index}`)));
        expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
        const keys = Object.keys((await at(round).json('/data')) as object).filter((key) => key.startsWith('key-'));
        expect(keys).toHaveLength((round + 1) * 100);
      }
    },
  );

  it.each(COPIES)('counts a hundred parallel increments (copies: %i)', { timeout: 60_000 }, async (copies) => {
    const { at } = await oneSession(copies);
    for (let round = 1; round <= ROUNDS; round += 1) {
      const answers = await Promise.all(HUNDRED.map((index) => at(index).get('/count')));
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      expect(await at(round).json('/data')).toMatchObject({ count: round * 100 });
    }
  });

  it.each(COPIES)(
    'ends at a logout on one server, though a slow request on another changes it (copies: %i)',
    async (copies) => {
      const { at, gate } = await oneSession(copies);
      const slow = at(0).get('/slow');
      await gate.begun;
      expect((await at(1).get('/logout')).status).toBe(200);
      gate.open();
      const answer = await slow;
      expect([answer.status, answer.headers.get('set-cookie')]).toEqual([200, null]);
      for (const server of [0, 1, 2, 3]) expect(await at(server).json('/data')).toEqual({});
    },
  );
}
