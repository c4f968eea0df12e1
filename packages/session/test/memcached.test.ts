import { createClient } from '@sess/client';
import { startLocalCluster, type LocalCluster, type Runtime } from '@sess/local-cluster';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { createSessions } from '../src/create-sessions.ts';
import type { SessionsOptions } from '../src/options/options.ts';
import type { Sessions } from '../src/session.ts';
import { Browser, SECRET } from './visit.ts';

async function startCluster(runtime: Runtime, nodes: number): Promise<{ cluster: LocalCluster; servers: string }> {
  const cluster = await startLocalCluster({ nodes, runtime });
  onTestFinished(() => cluster.close());
  return { cluster, servers: `memcached://${cluster.nodes.map(({ id }) => id).join(',')}` };
}

async function open(servers: string, options: Partial<SessionsOptions> = {}): Promise<Sessions> {
  const sessions = createSessions({ servers, secret: SECRET, ttlSeconds: 3_600, secure: true, ...options });
  onTestFinished(() => sessions.close());
  await sessions.ready();
  return sessions;
}

const runtimes = inject('mainRuntimes');

describe.each(runtimes)('sessions in memcached (%s)', (runtime) => {
  it('live from login to logout, and every server sees them', async () => {
    const { servers } = await startCluster(runtime, 3);
    const [one, two] = [await open(servers), await open(servers)];
    const browser = new Browser({ sessions: one });
    await browser.visit((session) => void (session.data.user = 'USER_123'));
    const elsewhere = new Browser({ sessions: two }, browser.cookies);
    expect(await elsewhere.visit((session) => [session.isNew, session.data.user])).toEqual([false, 'USER_123']);
    await elsewhere.visit((session) => void (session.data.cart = ['sku-1']));
    expect(await browser.visit((session) => session.data.cart)).toEqual(['sku-1']);
    await elsewhere.visit((session) => session.destroy());
    expect(await browser.visit((session) => session.isNew)).toBe(true);
  });

  it('are not brought back by a request that was running when they were destroyed', async () => {
    const { servers } = await startCluster(runtime, 2);
    const browser = new Browser({ sessions: await open(servers) });
    await browser.visit((session) => void (session.data.user = 'USER_123'));
    const slow = await browser.open();
    slow.data.note = 'late';
    await browser.copy().visit((session) => session.destroy());
    await browser.close(slow);
    expect(await browser.visit((session) => session.isNew)).toBe(true);
  });

  it('can be changed by fifty requests at once', async () => {
    const { servers } = await startCluster(runtime, 2);
    const browser = new Browser({ sessions: await open(servers) });
    await browser.visit((session) => void (session.data.user = 'USER_123'));
    await Promise.all(
      Array.from({ length: 50 }, (_, visit) => browser.copy().visit((session) => void (session.data.visits = visit))),
    );
    expect(await browser.visit((session) => session.data.visits)).toBeTypeOf('number');
  });

  it('can begin while a node is down, and those on it are unavailable, not gone', async () => {
    const { cluster, servers } = await startCluster(runtime, 2);
    const sessions = await open(servers);
    const before = Array.from({ length: 20 }, () => new Browser({ sessions }));
    for (const browser of before) await browser.visit((session) => void (session.data.user = 'USER_123'));
    const [down] = cluster.nodes;
    await cluster.crashNode(down?.id ?? '');

    const strict = await open(servers, { onUnavailable: 'error' });
    const outcomes = await Promise.allSettled(
      before.map(({ cookies }) => new Browser({ sessions: strict }, cookies).visit((session) => session.data.user)),
    );
    const unavailable = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(unavailable.length).toBeGreaterThan(0);
    expect(unavailable.length).toBeLessThan(20);
    for (const { reason } of unavailable) expect(reason).toMatchObject({ code: 'SESS_UNAVAILABLE' });

    for (let login = 0; login < 20; login++) {
      const browser = new Browser({ sessions });
      await browser.visit((session) => void (session.data.user = 'USER_456'));
      expect(await browser.visit((session) => session.data.user)).toBe('USER_456');
    }
  });
});

describe('what createSessions opens and closes', () => {
  it('leaves open the client that it was given', async () => {
    const { servers } = await startCluster('embedded', 1);
    await using client = createClient(servers);
    const sessions = createSessions({ client, secret: SECRET });
    await sessions.ready();
    await sessions.close();
    await expect(client.get('s/anything')).resolves.toBeUndefined();
  });

  it('closes the client that it opened, twice if need be', async () => {
    const { servers } = await startCluster('embedded', 1);
    const sessions = await open(servers);
    const browser = new Browser({ sessions });
    await browser.visit((session) => void (session.data.user = 'USER_123'));
    await sessions.close();
    await sessions.close();
    await expect(browser.visit(() => {})).rejects.toMatchObject({ code: 'SESS_CLOSED', statusCode: 503 });
  });

  it('is a URL that it understands, or a clear error', () => {
    expect(() => createSessions({ servers: 'redis://127.0.0.1', secret: SECRET })).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringContaining('option "servers": ') }),
    );
  });
});
