import { createClient, type Client } from '@sess/client';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { createSessions } from '../src/create-sessions.ts';
import type { SessionsOptions } from '../src/options/options.ts';
import type { Sessions } from '../src/session.ts';
import { Browser, SECRET } from './visit.ts';

const [runtime = 'embedded'] = inject('mainRuntimes');

interface Servers {
  readonly cluster: LocalCluster;
  readonly clients: readonly Client[];
  readonly one: Sessions;
  readonly two: Sessions;
}

/** Two application servers over a cluster of three nodes. */
async function servers(copies: number, options: Partial<SessionsOptions> = {}): Promise<Servers> {
  const cluster = await startLocalCluster({ nodes: 3, runtime });
  onTestFinished(() => cluster.close());
  const url = `memcached://${cluster.nodes.map(({ id }) => id).join(',')}`;
  const clients = [createClient({ servers: url, copies }), createClient({ servers: url, copies })];
  const [one, two] = clients.map((client) => {
    onTestFinished(() => client.close());
    return createSessions({
      client,
      secret: SECRET,
      secure: true,
      userOf: (data) => data.user,
      onUnavailable: 'error',
      ...options,
    });
  });
  await Promise.all(clients.map((client) => client.ready()));
  if (one === undefined || two === undefined) throw new Error('two servers were asked for');
  return { cluster, clients, one, two };
}

async function login(sessions: Sessions, user: string): Promise<Browser> {
  const browser = new Browser({ sessions });
  await browser.visit((session) => void (session.data.user = user));
  return browser;
}

/** Whether the browser's session is valid. A session that is out of reach counts as not valid. */
async function isIn(browser: Browser, sessions?: Sessions): Promise<boolean> {
  const visitor = sessions === undefined ? browser : new Browser({ sessions }, browser.cookies);
  try {
    return await visitor.visit((session) => session.isAvailable && !session.isNew);
  } catch (error) {
    expect(error).toMatchObject({ code: 'SESS_UNAVAILABLE' });
    return false;
  }
}

/** How many of the browsers have a session that is valid on both servers. */
async function countIn(browsers: readonly Browser[], { one, two }: Servers): Promise<number> {
  let count = 0;
  for (const browser of browsers) if ((await isIn(browser, one)) && (await isIn(browser, two))) count += 1;
  return count;
}

async function untilAllAnswer(clients: readonly Client[]): Promise<void> {
  await vi.waitFor(
    () => expect(clients.flatMap(({ topology }) => [...topology.states.values()])).not.toContain('down'),
    {
      timeout: 20_000,
    },
  );
}

describe(`revoked sessions in memcached (${runtime})`, () => {
  it('are refused by another server within a second, and the user is let in again after a login', async () => {
    const { one, two } = await servers(1);
    const browser = await login(one, 'USER_123');
    expect(await isIn(browser, two)).toBe(true);
    await one.revokeUser('USER_123');
    expect(await isIn(browser, one)).toBe(false);
    await vi.waitFor(async () => expect(await isIn(browser, two)).toBe(false), { timeout: 5_000 });
    expect(await isIn(await login(two, 'USER_123'), one)).toBe(true);
    expect(await isIn(browser, two)).toBe(false);
  });

  it.each([1, 2])(
    'stay refused while a node is down, and when it is back without what it held (copies: %i)',
    { timeout: 60_000 },
    async (copies) => {
      const all = await servers(copies);
      const { cluster, clients, one, two } = all;
      const names = Array.from({ length: 24 }, (_, index) => `USER_${index}`);
      const revoked: Browser[] = [];
      const others: Browser[] = [];
      for (const name of names) {
        revoked.push(await login(one, name));
        others.push(await login(two, `other ${name}`));
      }
      for (const name of names) await one.revokeUser(name);
      const [node] = cluster.nodes;
      await cluster.crashNode(node?.id ?? '');
      for (const browser of revoked)
        expect([await isIn(browser, one), await isIn(browser, two)]).toEqual([false, false]);
      // With a second copy, all other users stay logged in once the clients know that the node is down.
      if (copies === 2)
        await vi.waitFor(async () => expect(await countIn(others, all)).toBe(others.length), { timeout: 20_000 });
      await cluster.restartNode(node?.id ?? '');
      await untilAllAnswer(clients);
      for (const browser of revoked)
        expect([await isIn(browser, one), await isIn(browser, two)]).toEqual([false, false]);
      const left = await countIn(others, all);
      if (copies === 2) expect(left).toBe(others.length);
      else expect(left).toBeLessThan(others.length);
      expect(left).toBeGreaterThan(0);
    },
  );
});

describe(`an old id in its grace, in memcached (${runtime})`, () => {
  it('reads, and does not write, on every server, and ends by itself', async () => {
    const { one, two } = await servers(2, { graceSeconds: 2 });
    const browser = await login(one, 'USER_123');
    const old = new Browser({ sessions: two }, browser.cookies);
    await browser.visit((session) => session.regenerate({ keep: true }));
    expect(await old.visit((session) => [session.readOnly, session.data.user])).toEqual([true, 'USER_123']);
    await expect(old.visit((session) => void (session.data.note = 1))).rejects.toMatchObject({
      code: 'SESS_READ_ONLY',
    });
    expect(old.setCookie).toBeUndefined();
    await vi.waitFor(async () => expect(await isIn(old)).toBe(false), { timeout: 10_000 });
    expect(await isIn(browser, two)).toBe(true);
  });

  it('can not log out the session that took its place', async () => {
    const { one, two } = await servers(2, { graceSeconds: 60 });
    const browser = await login(one, 'USER_123');
    const old = new Browser({ sessions: two }, browser.cookies);
    await browser.visit((session) => session.regenerate({ keep: true }));
    await old.visit((session) => session.destroy());
    expect(await isIn(browser)).toBe(true);
  });
});
