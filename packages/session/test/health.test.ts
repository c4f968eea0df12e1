import { createClient } from '@sess/client';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createSessions } from '../src/create-sessions.ts';
import { memoryBacking } from '../src/stores/backed/memory-backing.ts';
import { memoryStore } from '../src/stores/memory-store.ts';
import type { Sessions } from '../src/session.ts';
import { SECRET } from './visit.ts';

async function start(): Promise<{ cluster: LocalCluster; id: string }> {
  const cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded' });
  onTestFinished(() => cluster.close());
  return { cluster, id: cluster.nodes[0]?.id ?? '' };
}

function own(sessions: Sessions): Sessions {
  onTestFinished(() => sessions.close());
  return sessions;
}

function becomes(sessions: Sessions) {
  return expect.poll(() => sessions.state, { timeout: 20_000, interval: 10 });
}

describe('the state of sessions', () => {
  it('follows the nodes, and ends with close', async () => {
    const { cluster, id } = await start();
    const sessions = own(createSessions({ servers: [id], secret: SECRET }));
    expect(sessions.state).toBe('starting');
    await sessions.ready();
    expect(sessions.state).toBe('ready');
    await cluster.crashNode(id);
    await becomes(sessions).toBe('unavailable');
    await expect(sessions.ready()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    await cluster.restartNode(id);
    await becomes(sessions).toBe('ready');
    await sessions.close();
    expect(sessions.state).toBe('closed');
    await sessions.close();
  });

  it('is that of a client which the application shares, and which stays open', async () => {
    const { id } = await start();
    await using client = createClient({ servers: [id] });
    const sessions = own(createSessions({ client, secret: SECRET }));
    await sessions.ready();
    expect(sessions.state).toBe('ready');
    await sessions.close();
    expect(sessions.state).toBe('closed');
    await expect(client.get('key')).resolves.toBeUndefined();
  });

  it('is warned of while no node has answered, with the node and the reason, in one line', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warn.mockRestore());
    own(createSessions({ servers: 'memcached://127.0.0.1:1?readyTimeoutMs=200', secret: SECRET }));
    await expect.poll(() => warn.mock.calls, { timeout: 20_000 }).toHaveLength(1);
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(/^No memcached node .* The reason: .*ECONNREFUSED 127\.0\.0\.1:1\b.*\.$/),
        { type: 'SessWarning', code: 'SESS_NOT_READY' },
      ],
    ]);
  });

  it('is ready with one node of two', async () => {
    const { id } = await start();
    const sessions = own(createSessions({ servers: [id, '127.0.0.1:1'], secret: SECRET }));
    await sessions.ready();
    await becomes(sessions).toBe('ready');
  });

  it('is never ready where nobody answers', async () => {
    const sessions = own(createSessions({ servers: ['127.0.0.1:1'], secret: SECRET, client: { readyTimeoutMs: 50 } }));
    await expect(sessions.ready()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    await becomes(sessions).toBe('unavailable');
  });

  it('is ready while a database serves that is behind the cache', async () => {
    const { cluster, id } = await start();
    const sessions = own(createSessions({ servers: [id], secret: SECRET, backing: memoryBacking() }));
    expect(sessions.state).toBe('starting');
    await sessions.ready();
    const client = createClient({ servers: [id] });
    onTestFinished(() => client.destroy());
    await client.ready();
    await cluster.crashNode(id);
    await expect.poll(() => client.topology.states.get(id), { timeout: 20_000, interval: 10 }).toBe('down');
    expect(sessions.state).toBe('ready');
  });

  it('of sessions in memory is ready at once', () => {
    expect(createSessions({ store: memoryStore(), secret: SECRET }).state).toBe('ready');
  });
});
