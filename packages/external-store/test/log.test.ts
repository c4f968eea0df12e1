/** The log lines about a cluster that several stores share. */
import { createClient } from '@sess/client';
import { startLocalCluster } from '@sess/local-cluster';
import { createSessions, type LogEntry } from '@sess/session';
import { expect, inject, it, onTestFinished, vi } from 'vitest';

import { ExternalStore, ItemStore } from '../src/index.ts';

const [runtime = 'embedded'] = inject('mainRuntimes');

it('is told once where stores and sessions share a client: to the first log, then to the next', async () => {
  await using cluster = await startLocalCluster({ nodes: 1, runtime });
  const [id = ''] = cluster.nodes.map((node) => node.id);
  await using client = createClient({ servers: [id], timeoutMs: 500, probeIntervalMs: 50, maxProbePauseMs: 50 });
  await client.ready();
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());

  const told: Record<'store' | 'items' | 'sessions', string[]> = { store: [], items: [], sessions: [] };
  const into =
    (name: keyof typeof told) =>
    ({ message }: LogEntry): void =>
      void told[name].push(message);
  // A store without a log that opened first. The lines still go to a store with a log.
  const mute = new ExternalStore({ client }, 'm/');
  const store = new ExternalStore({ client, log: into('store') }, 'x/');
  const items = new ItemStore({ client, log: into('items') }, { keyPrefix: 'i/' });
  const sessions = createSessions({
    client,
    log: into('sessions'),
    secret: 'a secret of at least thirty-two bytes',
    secure: true,
  });
  await cluster.crashNode(id);
  const failed = { code: 'SESS_UNAVAILABLE' };
  for (const one of [store, mute, store]) await expect(one.load('an id')).rejects.toMatchObject(failed);
  await expect(items.get('a key')).rejects.toMatchObject(failed);
  await expect.poll(() => told.store.join('\n')).toContain(`Node ${id} is down`);
  expect(told.store.filter((line) => line.includes('is out of reach'))).toEqual([
    expect.stringMatching(/^The store of the sessions is out of reach: .*Check that the nodes run/),
  ]);
  expect(told.store.filter((line) => line.includes('is down'))).toHaveLength(1);

  await store.close();
  const before = told.store.length;
  await cluster.restartNode(id);
  await expect.poll(() => items.get('a key').catch(() => 'unknown')).toBeUndefined();
  await expect.poll(() => told.items.join('\n')).toContain('is up again');
  expect(told.store).toHaveLength(before);
  expect(told.sessions).toEqual([]);
  for (const one of [items, sessions, mute]) await one.close();
  expect(warn.mock.calls.filter(([line]) => String(line).includes('reach'))).toEqual([]);
});

it('is a warning of the process without a log, of outages alone', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  const store = new ExternalStore({ servers: ['127.0.0.1:9'], client: { timeoutMs: 200 } }, 'x/');
  onTestFinished(() => store.close());
  for (let load = 0; load < 3; load += 1)
    await expect(store.load('an id')).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
  const lines = warn.mock.calls.filter(([line]) => String(line).includes('out of reach'));
  expect(lines).toEqual([
    [expect.stringContaining('The store of the sessions'), { type: 'SessWarning', code: 'SESS_OUT_OF_REACH' }],
  ]);
});

it('refuses a log that is none', () => {
  expect(() => new ExternalStore({ servers: ['127.0.0.1:9'], log: 'stdout' as never }, 'x/')).toThrow(
    expect.objectContaining({ code: 'SESS_BAD_OPTION' }),
  );
});
