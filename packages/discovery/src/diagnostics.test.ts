import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../test/manual-clock.ts';
import { RecordingListener } from '../test/recording-listener.ts';
import { type DiscoveryDiagnostics, publish } from './diagnostics.ts';
import { clusterNode, topologyOf } from './topology-value.ts';
import type { Topology } from './topology.ts';
import { type Finding, startWatch } from './watch.ts';

const CHANNELS = [
  'sess:discovery:topology',
  'sess:discovery:refresh',
  'sess:discovery:error',
] as const satisfies (keyof DiscoveryDiagnostics)[];
const heard: unknown[][] = [];
const hear = (message: unknown, name: string | symbol): void => void heard.push([name, message]);

afterEach(() => {
  for (const name of CHANNELS) unsubscribe(name, hear);
  heard.length = 0;
});

const topology = (host: string): Topology => topologyOf([clusterNode({ host, port: 1 })]);

describe('diagnostics', () => {
  it('are not even put together when nobody listens', () => {
    publish('sess:discovery:error', () => {
      throw new Error('was called');
    });
    subscribe('sess:discovery:error', hear);
    publish('sess:discovery:error', () => ({ source: 'a test', error: new Error('news'), failuresInARow: 1 }));
    expect(heard).toHaveLength(1);
  });

  it('tell of every look, every topology and every failure', async () => {
    for (const name of CHANNELS) subscribe(name, hear);
    const clock = new ManualClock();
    const failure = new Error('down');
    const findings: (Finding | Error)[] = [
      { topology: topology('a'), answeredBy: 'cfg:1' },
      { topology: topology('a'), answeredBy: 'cfg:1', ignoredVersion: 3 },
      failure,
      { topology: topology('b'), answeredBy: 'a:1', failures: [failure] },
    ];
    const look = async (): Promise<Finding> => {
      clock.advance(5);
      const finding = findings.shift();
      if (finding === undefined || finding instanceof Error) throw finding;
      return finding;
    };
    const watch = startWatch(
      { source: 'a test', look, pollIntervalMs: 60_000, environment: { clock, random: () => 0.5 } },
      new RecordingListener(),
    );
    await watch.ready();
    await watch.refresh();
    await expect(watch.refresh()).rejects.toBe(failure);
    await watch.refresh();
    watch.close();

    const refresh = {
      source: 'a test',
      durationMs: 5,
      answeredBy: 'cfg:1',
      ignoredVersion: undefined,
      failures: [],
      nextLookInMs: 60_000,
    };
    expect(heard).toEqual([
      ['sess:discovery:refresh', { ...refresh, outcome: 'changed' }],
      ['sess:discovery:topology', { source: 'a test', topology: topology('a'), previous: undefined }],
      ['sess:discovery:refresh', { ...refresh, outcome: 'ignored', ignoredVersion: 3 }],
      [
        'sess:discovery:refresh',
        { ...refresh, outcome: 'failed', answeredBy: undefined, failures: [failure], nextLookInMs: 750 },
      ],
      ['sess:discovery:error', { source: 'a test', error: failure, failuresInARow: 1 }],
      ['sess:discovery:refresh', { ...refresh, outcome: 'changed', answeredBy: 'a:1', failures: [failure] }],
      ['sess:discovery:topology', { source: 'a test', topology: topology('b'), previous: topology('a') }],
    ]);
  });
});
