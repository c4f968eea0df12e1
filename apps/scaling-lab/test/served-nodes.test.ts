import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AppFleet } from '../src/apps/app-fleet.ts';
import { STRATEGIES } from '../src/apps/strategies.ts';
import type { StrategyRun } from '../src/environment/environment.ts';
import { NodeMeter } from '../src/environment/node-meter.ts';
import { ServedNodes } from '../src/live/served-nodes.ts';

let clusters: readonly [LocalCluster, LocalCluster];
let drained: string[];
let nodes: ServedNodes;

beforeEach(async () => {
  drained = [];
  clusters = await Promise.all([
    startLocalCluster({ nodes: 2, runtime: 'embedded' }),
    startLocalCluster({ nodes: 2, runtime: 'embedded' }),
  ]);
  const [peer, ours] = clusters;
  const runOf = (strategy: 'ketama' | 'sess', cluster: LocalCluster): StrategyRun => ({
    strategy: STRATEGIES[strategy],
    cluster,
    // Nothing of a fleet but this is asked for.
    fleet: { drain: async (id: string) => void drained.push(id) } as unknown as AppFleet,
    meter: new NodeMeter(cluster),
    database: undefined,
  });
  const runs = [runOf('ketama', peer), runOf('sess', ours)] as const;
  nodes = new ServedNodes(runs, runs[1], 3);
});
afterEach(() => Promise.all(clusters.map((cluster) => cluster.close())));

const states = (): string[][] => clusters.map((cluster) => cluster.nodes.map(({ state }) => state));

describe('the nodes of a demo', () => {
  it('have the same happen to them in every cluster, in the same place', async () => {
    const [, second] = clusters[1].nodes;
    expect(await nodes.act('add', undefined)).toBe(`added ${clusters[1].nodes[2]?.id}`);
    await nodes.act('crash', second?.id);
    expect(states()).toEqual([
      ['running', 'crashed', 'running'],
      ['running', 'crashed', 'running'],
    ]);
    await nodes.act('pause', undefined);
    await nodes.act('restart', undefined);
    expect(states()).toEqual([
      ['running', 'running', 'paused'],
      ['running', 'running', 'paused'],
    ]);
    await nodes.act('resume', undefined);
    expect(await nodes.act('remove', second?.id)).toBe(`removed ${second?.id}`);
    expect(states()).toEqual([
      ['running', 'running'],
      ['running', 'running'],
    ]);
  });

  it('are drained where a strategy can', async () => {
    const [first] = clusters[1].nodes;
    expect(await nodes.act('drain', first?.id)).toBe(`drained ${first?.id}: it can be removed`);
    expect(drained).toEqual([first?.id]);
  });

  it('are never too many, nor none', async () => {
    await nodes.act('add', undefined);
    expect(nodes.canAdd).toBe(false);
    await expect(nodes.act('add', undefined)).rejects.toThrow('there are 3 nodes');
    await nodes.act('remove', undefined);
    await nodes.act('remove', undefined);
    await expect(nodes.act('remove', undefined)).rejects.toThrow('the last node');
    expect(states()).toEqual([['running'], ['running']]);
  });

  it('are called by the names that are shown, and one thing is done at a time', async () => {
    await expect(nodes.act('crash', clusters[0].nodes[0]?.id)).rejects.toThrow('there is no node');
    await expect(nodes.act('drain', 'toString')).rejects.toThrow('there is no node toString');
    const adding = nodes.act('add', undefined);
    await expect(nodes.act('add', undefined)).rejects.toThrow('wait until this is done: add');
    await adding;
  });
});
