import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AppFleet } from '../src/apps/app-fleet.ts';
import type { RequestSender } from '../src/apps/load-balancer.ts';
import { EVENTS, type EventName } from '../src/scenarios/events/events.ts';
import type { EventContext } from '../src/scenarios/events/event-context.ts';
import { NodeMeter } from '../src/environment/node-meter.ts';
import { STRATEGIES, type StrategyName } from '../src/apps/strategies.ts';
import { Timeline } from '../src/users/timeline.ts';
import type { Traffic } from '../src/users/traffic.ts';
import { makeUsers } from '../src/users/user.ts';

let cluster: LocalCluster;
let before: readonly string[];
/** The orders to the apps. */
let done: string[];

beforeEach(async () => {
  cluster = await startLocalCluster({ nodes: 3, runtime: 'embedded' });
  before = ids();
  done = [];
});
afterEach(() => cluster.close());

function ids(): readonly string[] {
  return cluster.nodes.map(({ id }) => id);
}

/** Apps that know everything at once, and answer every request with 204. */
function context(
  strategy: StrategyName = 'sess',
  victims: readonly string[] = [],
): EventContext & { readonly timeline: Timeline } {
  const fleet = {
    processes: [{ kill: async () => void done.push('kill') }],
    converged: async () => void done.push(`knows ${cluster.nodes.length}`),
    drain: async (node: string) => void done.push(`drain ${before.indexOf(node)} of ${cluster.nodes.length}`),
    copiesRestored: async (node: string) => void done.push(`copies of ${before.indexOf(node)} restored`),
    handoversFinished: async () => void done.push(`finished with ${cluster.nodes.length}`),
    deploy: async (nodes?: unknown) => void done.push(`deploy ${JSON.stringify(nodes) ?? 'anew'}`),
  } as unknown as AppFleet;
  const balancer: RequestSender = {
    send: async ({ path }) => {
      done.push(`${path} while ${cluster.nodes.map(({ state }) => state).join()}`);
      return { status: 204, framework: 'koa', setCookie: undefined, body: undefined };
    },
  };
  const timeline = new Timeline();
  const traffic = { settled: async () => void done.push('traffic') } as unknown as Traffic;
  const strategyRun = {
    strategy: STRATEGIES[strategy],
    cluster,
    fleet,
    meter: new NodeMeter(cluster),
    database: undefined,
  };
  const group = { strategyRun, balancer, users: makeUsers('t', 16), traffic, timeline };
  return { strategyRun, group, victims, signal: new AbortController().signal, timeline };
}

function happen(event: EventName, at: EventContext): Promise<readonly string[]> {
  return EVENTS[event].happen(at);
}

describe('events', () => {
  it('add one node, or three', async () => {
    await happen('add-node', context());
    expect(ids()).toHaveLength(4);
    await happen('add-three-nodes', context());
    expect(ids()).toHaveLength(7);
  });

  it('take the last node away, drained only by a strategy that drains', async () => {
    expect(await happen('remove-last-node', context())).toEqual([before[2]]);
    expect(done).toEqual([]);
    expect(await happen('remove-last-node', context('sess-drain'))).toEqual([before[1]]);
    expect(done).toEqual(['drain 1 of 2']);
    expect(ids()).toEqual([before[0]]);
  });

  it('add a node and take the same one away once everybody knows of it', async () => {
    await happen('up-and-down', context());
    expect(done).toEqual(['knows 4']);
    expect(ids()).toEqual(before);
  });

  it('crash a node, which stays listed until it is dropped', async () => {
    const victims = await happen('crash-node', context());
    expect(victims).toEqual([before[1]]);
    expect(cluster.nodes.map(({ state }) => state)).toEqual(['running', 'crashed', 'running']);
    await happen('drop-victims', context('sess', victims));
    expect(ids()).toEqual([before[0], before[2]]);
  });

  it('replace a node by another, or in place with the version of the list unchanged', async () => {
    const { configurationVersion } = cluster;
    await happen('replace-in-place', context());
    expect(done).toEqual(['traffic']);
    expect({ ids: ids(), version: cluster.configurationVersion }).toEqual({
      ids: before,
      version: configurationVersion,
    });
    await happen('replace-node', context());
    expect(ids()).toHaveLength(3);
    expect(ids()).not.toContain(before[1]);
  });

  it('replace every node in turn, each drained where the strategy drains', async () => {
    await happen('replace-every-node', context('sess-drain'));
    expect(done).toEqual([0, 1, 2].flatMap((place) => ['knows 4', `drain ${place} of 4`, 'knows 3']));
    expect(ids().filter((id) => before.includes(id))).toEqual([]);
  });

  it('replace every node in turn, each when the copies of the one before are restored', async () => {
    await happen('replace-every-node-in-peace', context('sess-2-copies'));
    expect(done).toEqual([0, 1, 2].flatMap((place) => ['knows 4', 'knows 3', `copies of ${place} restored`]));
    expect(ids().filter((id) => before.includes(id))).toEqual([]);
  });

  it('crash the nodes of one of two zones, which stay listed until they are dropped', async () => {
    await cluster.addNode();
    const listed = ids();
    const victims = await happen('crash-zone', context('sess-zones'));
    expect(victims).toEqual([listed[1], listed[3]]);
    expect(cluster.nodes.map(({ state }) => state)).toEqual(['running', 'crashed', 'running', 'crashed']);
    await happen('drop-victims', context('sess-zones', victims));
    expect(ids()).toEqual([listed[0], listed[2]]);
  });

  it('restart a node, have everybody come by, and restart the next', async () => {
    expect(await happen('restart-two', context('sess-2-copies'))).toEqual(before.slice(0, 2));
    expect(done).toEqual([
      'knows 3',
      ...Array.from({ length: 16 }, () => '/profile while running,running,running'),
      'knows 3',
    ]);
  });

  it('put a new node in the place of the oldest, which stops when the handover is finished', async () => {
    expect(await happen('stop-when-finished', context())).toEqual([before[0]]);
    const nodes = [...before.slice(1), ids().at(-1)];
    expect(done).toEqual([`deploy ${JSON.stringify({ kind: 'list', nodes })}`, 'finished with 4']);
    expect(ids()).toEqual(nodes);
  });

  it('log users out while a node hangs, and have it go on', async () => {
    await happen('log-out-in-pause', context());
    expect(done.length).toBeGreaterThan(0);
    expect(new Set(done)).toEqual(new Set(['/logout while running,paused,running']));
    expect(cluster.nodes.every(({ state }) => state === 'running')).toBe(true);
  });

  it('deploy the apps in the middle of a scale-up, or with a longer list', async () => {
    await happen('deploy-in-scale-up', context());
    await happen('deploy-longer-list', context());
    expect(done).toEqual(['deploy anew', `deploy ${JSON.stringify({ kind: 'list', nodes: ids() })}`]);
    expect(ids()).toHaveLength(5);
  });

  it('kill an app process', async () => {
    await happen('kill-app', context());
    expect(done).toEqual(['kill']);
  });

  it('tell the timeline what happens', async () => {
    const at = context();
    await happen('replace-node', at);
    expect(at.timeline.record.marks.map(({ text }) => text)).toEqual(['a node crashes', 'another takes its place']);
  });
});
