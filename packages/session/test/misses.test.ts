/** Why users are logged out, as `sess:session:miss` reports it, with real nodes. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { createClient, type Client } from '@sess/client';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterEach, beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { createSessions } from '../src/create-sessions.ts';
import type { MissEvent } from '../src/diagnostics.ts';
import type { SessionsOptions } from '../src/options/options.ts';
import { storageKey } from '../src/cookie/session-id.ts';
import type { Sessions } from '../src/session.ts';
import { memoryStore } from '../src/stores/memory-store.ts';
import type { MissReport } from '../src/stores/session-store.ts';
import { interceptedStore } from './intercepted-store.ts';
import { loggedIn, Browser, SECRET } from './visit.ts';

const [runtime = 'embedded'] = inject('mainRuntimes');

let misses: MissEvent[];
const listen = (event: unknown): void => void misses.push(event as MissEvent);
beforeEach(() => {
  misses = [];
  subscribe('sess:session:miss', listen);
});
afterEach(() => {
  unsubscribe('sess:session:miss', listen);
});

async function start(): Promise<{ readonly cluster: LocalCluster; readonly client: Client }> {
  const cluster = await startLocalCluster({ nodes: 1, runtime });
  onTestFinished(() => cluster.close());
  const client = createClient({ servers: cluster.nodes.map(({ id }) => id), timeoutMs: 5_000 });
  onTestFinished(() => client.close());
  await client.ready();
  return { cluster, client };
}

function server(client: Client, options: Partial<SessionsOptions> = {}): Sessions {
  return createSessions({ client, secret: SECRET, secure: true, ttlSeconds: 3_600, ...options });
}

async function login(sessions: Sessions): Promise<Browser> {
  const browser = new Browser({ sessions });
  await browser.visit((session) => void (session.data.user = 'USER_123'));
  return browser;
}

/** Visits `sessions` with the browser's cookies; whether the session is found there. */
function isKnown(browser: Browser, sessions: Sessions): Promise<boolean> {
  return new Browser({ sessions }, browser.cookies).visit((session) => !session.isNew);
}

async function causeOf(browser: Browser, sessions: Sessions): Promise<MissEvent | undefined> {
  misses = [];
  expect(await isKnown(browser, sessions)).toBe(false);
  // The event of an earlier visit may come late, so the last event counts.
  await expect.poll(() => misses.length).toBeGreaterThan(0);
  return misses.at(-1);
}

describe(`why users are logged out (${runtime})`, () => {
  it('destroyed: by a logout on another server', async () => {
    const { client } = await start();
    const [one, two] = [server(client), server(client)];
    const browser = await login(one);
    const thief = browser.copy();
    await browser.visit((session) => session.destroy());
    expect(await causeOf(thief, two)).toMatchObject({ store: 'memcached', cause: 'destroyed', certainty: 'certain' });
  });

  it('revoked: with all sessions of the user', async () => {
    const { client } = await start();
    const sessions = server(client, { userOf: (data) => data.user });
    const browser = await login(sessions);
    await sessions.revokeUser('USER_123');
    expect(await causeOf(browser, sessions)).toEqual({ store: 'memcached', cause: 'revoked', certainty: 'certain' });
  });

  it('expired: nobody used it for so long; or it had lived for as long as any may', { timeout: 60_000 }, async () => {
    const { client } = await start();
    const idle = server(client, { ttlSeconds: 1 });
    const idler = await login(idle);
    // The store keeps the record a second longer than the session's time to live.
    await expect.poll(() => client.topology.states.size > 0 && untilGone(client, idler)).toBe(true);
    expect(await causeOf(idler, idle)).toMatchObject({ cause: 'expired', expiry: 'idle', certainty: 'certain' });

    const sessions = server(client, { absoluteTtlSeconds: 3_600 });
    const worker = await login(sessions);
    const strict = server(client, { ttlSeconds: 1, absoluteTtlSeconds: 1 });
    await expect.poll(() => isKnown(worker, strict)).toBe(false);
    expect(await causeOf(worker, strict)).toMatchObject({ cause: 'expired', expiry: 'absolute', certainty: 'certain' });
  });

  it('foreign: another program wrote under its key', async () => {
    const { client } = await start();
    const sessions = server(client);
    const browser = await login(sessions);
    await client.set(keyOf(browser), 'not a session of ours', { ttlSeconds: 60 });
    expect(await causeOf(browser, sessions)).toMatchObject({ cause: 'foreign', certainty: 'certain' });
  });

  it('node-restarted: surely for a server that had seen it, possibly for one that had not', async () => {
    const { cluster, client } = await start();
    const sessions = server(client);
    const browser = await login(sessions);
    const since = Date.now();
    // Nodes report their uptime in whole seconds.
    await expect.poll(() => Date.now() - since).toBeGreaterThan(6_000);
    const [id = ''] = cluster.nodes.map((node) => node.id);
    await cluster.crashNode(id);
    await cluster.restartNode(id);
    await expect
      .poll(() =>
        client.get('any').then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    expect(await causeOf(browser, sessions)).toMatchObject({ cause: 'node-restarted', certainty: 'certain', node: id });
    expect(await causeOf(browser, server(client))).toMatchObject({ cause: 'node-restarted', certainty: 'possible' });
  });
});

describe('the channel', () => {
  it('holds no key, id, user or secret', async () => {
    const { client } = await start();
    const sessions = server(client);
    const browser = await login(sessions);
    const thief = browser.copy();
    await browser.visit((session) => session.destroy());
    const said = JSON.stringify(await causeOf(thief, sessions));
    const [cookie = ''] = thief.cookies.values();
    for (const secret of [cookie.split('.')[0] ?? '', keyOf(thief), 'USER_123', SECRET])
      expect(said).not.toContain(secret);
  });

  it('says "unknown" where the store can not tell', async () => {
    const { app, browser } = await loggedIn();
    app.passSeconds(3_600);
    expect(await causeOf(browser, app.sessions)).toEqual({
      store: app.store.name,
      cause: 'unknown',
      certainty: 'possible',
    });
  });

  it('asks a store for nothing while nobody listens, and for little at a time', async () => {
    let asked = 0;
    const turn: { answer?: (report: MissReport) => void } = {};
    const answered = new Promise<MissReport>((resolve) => {
      turn.answer = resolve;
    });
    const store = interceptedStore(memoryStore());
    const whyMissing = (): Promise<MissReport> => {
      asked += 1;
      return answered;
    };
    const { app, browser } = await loggedIn({ store: Object.assign(store, { whyMissing }) });
    const thief = browser.copy();
    await browser.visit((session) => session.destroy());
    unsubscribe('sess:session:miss', listen);
    expect(await isKnown(thief, app.sessions)).toBe(false);
    expect(asked).toBe(0);

    subscribe('sess:session:miss', listen);
    for (let visit = 0; visit < 16 + 1_000 + 3; visit += 1) await isKnown(thief, app.sessions);
    expect(asked).toBe(16);
    // The queue is full, so further misses are reported at once.
    expect(misses).toEqual(Array.from({ length: 3 }, () => expect.objectContaining({ cause: 'unknown' })));
    turn.answer?.({ cause: 'evicted', certainty: 'likely' });
    await expect.poll(() => misses.length).toBe(16 + 1_000 + 3);
    expect(misses.filter(({ cause }) => cause === 'evicted')).toHaveLength(16 + 1_000);
    expect(asked).toBe(16 + 1_000);
  });
});

function keyOf(browser: Browser): string {
  const [cookie = ''] = browser.cookies.values();
  return storageKey('s/', cookie.split('.')[0] ?? '');
}

async function untilGone(client: Client, browser: Browser): Promise<boolean> {
  return (await client.get(keyOf(browser))) === undefined;
}
