import { channel } from 'node:diagnostics_channel';
import { createClient } from '@sess/client';
import { startLocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { createSessions } from '../create-sessions.ts';
import { memoryStore } from '../stores/memory-store.ts';
import { ClusterLog } from './cluster-log.ts';
import type { LogEntry } from './outage-log.ts';

const NODE = '10.0.0.1:11211';
const OTHER = '10.0.0.2:11211';
const [runtime = 'embedded'] = inject('mainRuntimes');

function clusterLog(): { readonly entries: LogEntry[]; readonly log: ClusterLog; passSeconds(seconds: number): void } {
  let now = 0;
  const entries: LogEntry[] = [];
  const log = new ClusterLog(
    (entry) => entries.push(entry),
    () => now,
  );
  onTestFinished(() => log.close());
  return { entries, log, passSeconds: (seconds) => void (now += seconds * 1_000) };
}

const tell = (name: string, message: object): void => channel(`sess:client:${name}`).publish(message);

describe('the log of an operator', () => {
  it('tells once that a node is down, why and what to do, and that it is up again', () => {
    const { entries, passSeconds } = clusterLog();
    const cause = new Error('connect ECONNREFUSED\n10.0.0.1:11211');
    tell('node', { node: NODE, from: 'suspect', to: 'down', cause });
    tell('node', { node: NODE, from: 'suspect', to: 'down', cause });
    passSeconds(90);
    tell('node', { node: NODE, from: 'down', to: 'up' });
    tell('node', { node: OTHER, from: 'unknown', to: 'up' });
    expect(entries).toEqual([
      { level: 'error', message: expect.stringMatching(/^Node 10\.0\.0\.1:11211 is down: connect ECONN.*Check that/) },
      { level: 'info', message: 'Node 10.0.0.1:11211 is up again after 90 s.' },
    ]);
  });

  it('is not filled by a node that comes and goes', () => {
    const { entries, passSeconds } = clusterLog();
    for (let second = 0; second < 600; second += 1) {
      tell('node', { node: NODE, from: 'suspect', to: 'down', cause: new Error('reset') });
      tell('node', { node: NODE, from: 'down', to: 'up' });
      passSeconds(1);
    }
    expect(entries.length).toBe(2);
    tell('node', { node: NODE, from: 'suspect', to: 'down', cause: new Error('reset') });
    expect(entries.length).toBe(3);
  });

  it.each([
    ['discovery-error', { error: new Error('ENOTFOUND') }, 'warn', /can not be read: ENOTFOUND.*Check the endpoint/],
    [
      'views-disagree',
      { nodes: [NODE], otherNodes: [OTHER] },
      'warn',
      /10\.0\.0\.2:11211; this one on 10\.0\.0\.1.*Compare/,
    ],
    [
      'history-refused',
      { node: NODE, detail: 'not signed' },
      'warn',
      /10\.0\.0\.1:11211 .* not signed.*the same secret/,
    ],
    ['tombstone-dropped', { node: NODE, dropped: 1 }, 'warn', /wait for node 10\.0\.0\.1.*Replace the node/],
    ['topology', { nodes: [OTHER], added: [OTHER], removed: [NODE] }, 'error', /another cluster.*Compare "servers"/],
    ['handover', { phase: 'interrupted', error: new Error('busy') }, 'warn', /not be finished: busy.*do not stop them/],
  ])('has one line for %s, however often it is told', (name, message, level, line) => {
    const { entries } = clusterLog();
    for (let time = 0; time < 100; time += 1) tell(name, message);
    expect(entries).toEqual([{ level, message: expect.stringMatching(line) }]);
    expect(entries[0]?.message).not.toContain('\n');
  });

  it('tells when a handover that was interrupted is finished, and nothing of others', () => {
    const { entries } = clusterLog();
    tell('handover', { phase: 'done' });
    expect(entries).toEqual([]);
    tell('handover', { phase: 'interrupted', error: undefined });
    tell('handover', { phase: 'done' });
    expect(entries.map(({ level }) => level)).toEqual(['warn', 'info']);
  });

  it('tells nothing of a list that grows or shrinks', () => {
    const { entries } = clusterLog();
    tell('topology', { nodes: [NODE], added: [NODE], removed: [] });
    tell('topology', { nodes: [NODE, OTHER], added: [OTHER], removed: [] });
    tell('topology', { nodes: [OTHER], added: [], removed: [NODE] });
    expect(entries).toEqual([]);
  });
});

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
    tell('views-disagree', { nodes: [NODE], otherNodes: [OTHER] });
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
