import { Browser, until } from '@sess/conformance';
import { startLocalCluster } from '@sess/local-cluster';
import { expect, inject, it } from 'vitest';
import { SECRET, type Open } from './bench.ts';
import type { AdapterAppOptions, AdapterSubject } from './subject.ts';

/**
 * What a request that failed because of an outage may take in a log: the lines of its beginning and end, and its error
 * with what that was caused by.
 */
const MOST_BYTES = 1_500;

const routes: AdapterAppOptions['routes'] = {
  '/visitor': ({ session }) => {
    try {
      if (session.data.user === undefined) session.data.note = 'a visitor';
    } catch {
      // Careless: it goes on as for a visitor.
    }
    return {};
  },
  '/untouched': () => ({ fine: true }),
};

export function outageSection(open: Open, subject: AdapterSubject): void {
  it('is a 503 that names nothing, one line in the log, and no logout', { timeout: 60_000 }, async () => {
    const [runtime = 'embedded'] = inject('mainRuntimes');
    const cluster = await startLocalCluster({ nodes: 1, runtime });
    const [node] = cluster.nodes;
    if (node === undefined) return expect.unreachable();
    const login: AdapterAppOptions['routes'] = {
      '/login': ({ session }) => ((session.data.user = 'USER_123'), {}),
      '/user': ({ session }) => ({ user: session.data.user ?? null }),
    };
    const app = await subject.start({
      sessions: { servers: cluster.url, secret: SECRET, secure: false, client: { timeoutMs: 200 } },
      routes: { ...routes, ...login },
    });
    try {
      const browser = new Browser(app.origin);
      await until('the login is stored', async () => (await browser.get('/login')).status === 200 || undefined);
      const cookies = [...browser.cookies.values()];
      await cluster.pauseNode(node.id);
      const secrets = [node.id, node.host, String(node.port), 'USER_123', ...cookies, 's/'];
      await until('the node is out of reach', async () => (await browser.get('/user')).status === 503 || undefined);
      const before = app.lines.join('').length;
      for (let request = 0; request < 20; request += 1) {
        const { status, headers, text } = await browser.get('/user');
        expect([status, headers.get('retry-after'), headers.get('set-cookie')]).toEqual([503, '5', null]);
        for (const secret of secrets) expect(text).not.toContain(secret);
      }
      expect((app.lines.join('').length - before) / 20).toBeLessThan(MOST_BYTES);
      for (const line of app.lines)
        expect([line.match(/^ +at /gm), line.match(/did not answer|No answer/g)?.length ?? 0]).toEqual([
          null,
          expect.toSatisfy((told) => told <= 1),
        ]);
      expect((await browser.get('/untouched')).status).toBe(200);
      expect((await browser.get('/visitor')).headers.get('set-cookie')).toBeNull();
      const outages = (): readonly string[] => app.outages.filter((line) => line.startsWith('Sessions are'));
      expect(outages()).toEqual([
        expect.stringMatching(new RegExp(`out of reach: .*${node.port}.*Check that the nodes run`)),
      ]);
      await cluster.resumeNode(node.id);
      await until('the user is still logged in', async () =>
        (await browser.get('/user')).text.includes('USER_123') ? true : undefined,
      );
      expect([...browser.cookies.values()]).toEqual(cookies);
      expect(outages()).toEqual([expect.anything(), expect.stringContaining('in reach again')]);
      const ofNode = app.outages.filter((line) => line.startsWith(`Node ${node.id} is down`));
      expect(ofNode.length).toBeLessThanOrEqual(1);
    } finally {
      await app.close();
      await cluster.close();
    }
  });

  it('does not throw again where a logger, an error handler or a late hook asks for the user', async () => {
    await using bench = await open(
      {
        ...routes,
        '/writer': ({ session }) => {
          session.data.note = 'changed';
          return {};
        },
      },
      { asksForUser: true },
    );
    const browser = await bench.loggedIn();
    const answers = async (): Promise<unknown[]> => {
      const statuses = [];
      for (const path of ['/user', '/writer', '/untouched']) statuses.push((await browser.get(path)).status);
      for (const path of ['/nowhere', '/ignored']) statuses.push((await browser.get(path)).status < 500);
      return statuses;
    };
    bench.store.down = true;
    expect(await answers()).toEqual([503, 503, 200, true, true]);
    bench.store.down = false;
    expect(await answers()).toEqual([200, 200, 200, true, true]);
    expect(bench.app.users).toContain('USER_123');
    expect(bench.app.users).toContain(undefined);
    // Who asked has changed nothing.
    expect(bench.app.lines.filter((line) => line.includes('too late'))).toEqual([]);
    expect(await browser.json('/user')).toEqual({ user: 'USER_123', note: 'changed' });
  });

  it('throws in a handler at every use, also after somebody swallowed the first error', async () => {
    await using bench = await open({
      '/again': ({ session }) => {
        const uses = [() => session.data.user, () => session.get('user'), () => session.data.user].map((use) => {
          try {
            use();
            return 'nothing';
          } catch (error) {
            return (error as { code?: string }).code;
          }
        });
        return uses;
      },
    });
    const browser = await bench.loggedIn();
    bench.store.down = true;
    expect(await browser.json('/again')).toEqual(['SESS_UNAVAILABLE', 'SESS_UNAVAILABLE', 'SESS_UNAVAILABLE']);
  });
}
