import { Browser } from '@sess/conformance';
import { startLocalCluster } from '@sess/local-cluster';
import { expect, it, onTestFinished } from 'vitest';
import { SECRET, type Open } from './bench.ts';
import { Gate } from './gate.ts';
import type { AdapterSubject } from './subject.ts';

/** What probes ask, and the end of a server process. */
export function closingSection(open: Open, subject: AdapterSubject): void {
  it('tells readiness probes how it is', async () => {
    await using bench = await open({});
    const { sessions, stop } = bench.app;
    await sessions.ready();
    expect(sessions.state).toBe('ready');
    await stop();
    expect(sessions.state).toBe('closed');
  });

  it('is closed after the requests that were under way: their sessions are saved', async () => {
    const cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
    onTestFinished(() => cluster.close());
    const servers = cluster.nodes.map(({ id }) => id);
    const gate = new Gate();
    const { origin, sessions, stop } = await subject.start({
      // Options of the client, as they stand beside `servers`.
      sessions: { servers, client: { copies: 2, timeoutMs: 5_000 }, secret: SECRET, secure: false },
      routes: {
        '/slow': async ({ session }) => {
          await gate.pass();
          session.data.note = 'late';
          return {};
        },
      },
    });
    const browser = new Browser(origin, [], { connection: 'close' });
    const answer = browser.get('/slow');
    await gate.begun;
    await sessions.ready();
    const stopped = stop();
    expect(sessions.state).toBe('ready');
    gate.open();
    expect((await answer).status).toBe(200);
    await stopped;
    expect(sessions.state).toBe('closed');
    const next = await subject.start({
      sessions: { servers: `memcached://${servers.join(',')}?copies=2`, secret: SECRET, secure: false },
      routes: { '/note': ({ session }) => ({ note: session.data.note }) },
    });
    onTestFinished(() => next.stop());
    const again = new Browser(next.origin, browser.cookies, { connection: 'close' });
    expect(await again.json('/note')).toEqual({ note: 'late' });
  });
}
