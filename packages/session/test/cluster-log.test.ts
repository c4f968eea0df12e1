/** The lines about nodes in the application's log, with real nodes. */
import { channel } from 'node:diagnostics_channel';
import { createClient } from '@sess/client';
import { startLocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { createSessions } from '../src/create-sessions.ts';
import type { LogEntry } from '../src/lifecycle/outage-log.ts';
import { memoryStore } from '../src/stores/memory-store.ts';

const [runtime = 'embedded'] = inject('mainRuntimes');

describe('createSessions', () => {
  it('tells its log of a real node that crashes and is back, until it is closed', async () => {
    const cluster = await startLocalCluster({ nodes: 2, runtime });
    onTestFinished(() => cluster.close());
    const client = createClient({ servers: cluster.nodes.map(({ id }) => id), probeIntervalMs: 100 });
    onTestFinished(() => client.close());
    await client.ready();
    const entries: LogEntry[] = [];
    const sessions = createSessions({
      client,
      secret: 'a secret of at least thirty-two bytes',
      secure: true,
      log: (entry) => void entries.push(entry),
    });
    const id = cluster.nodes[0]?.id ?? '';
    await expect.poll(() => client.topology.states.get(id)).toBe('up');
    await cluster.crashNode(id);
    const lines = (): string => entries.map(({ message }) => message).join('\n');
    await expect.poll(lines).toContain(`Node ${id} is down`);
    await cluster.restartNode(id);
    await expect.poll(lines).toContain(`Node ${id} is up again`);
    await sessions.close();
    const told = entries.length;
    channel('sess:client:views-disagree').publish({ nodes: [id], otherNodes: [] });
    expect(entries.length).toBe(told);
  });

  it.each([
    ['no log', { client: undefined }],
    ['another store', { store: memoryStore() }],
  ])('listens to no node with %s', async (_, options) => {
    const entries: LogEntry[] = [];
    const client = createClient('memcached://127.0.0.1:9');
    onTestFinished(() => client.destroy());
    const sessions = createSessions({
      ...('store' in options ? { ...options, log: (entry: LogEntry) => void entries.push(entry) } : { client }),
      secret: 'a secret of at least thirty-two bytes',
      secure: true,
    });
    onTestFinished(() => sessions.close());
    const hears = channel('sess:client:views-disagree').hasSubscribers;
    expect(hears).toBe(false);
  });
});
