import type { Handover } from '@sess/client';

import type { ObservedCluster } from '../cluster/observed-cluster.ts';
import { memoryAfter } from '../cluster/memory-after.ts';
import { SETTINGS_DIFFER } from '../cluster/observe-to-change.ts';
import type { NodeReport } from '../cluster/node-report.ts';
import { bytes, duration, plural } from '../output/format.ts';
import type { CacheClusterInfo } from './cache-cluster-api.ts';
import type { Obstacle } from './obstacle.ts';

/** The obstacles to removing the nodes now, the most serious first. */
export function obstaclesTo(
  observed: ObservedCluster,
  going: readonly string[],
  reports: readonly NodeReport[],
): readonly Obstacle[] {
  return [
    ...settingsDiffer(observed),
    ...tooFew(observed, going),
    ...nodesDown(going, reports),
    ...handoverOpen(observed, going),
    ...memory(observed, going, reports),
  ];
}

function settingsDiffer({ disagreement }: ObservedCluster): readonly Obstacle[] {
  if (disagreement === undefined) return [];
  return [{ reason: 'settings-differ', detail: SETTINGS_DIFFER }];
}

function tooFew({ client, copies }: ObservedCluster, going: readonly string[]): readonly Obstacle[] {
  const stay = staying(client, going).length;
  if (stay >= Math.max(1, copies)) return [];
  return [
    {
      reason: 'too-few-nodes',
      detail: `${plural(stay, 'node')} would stay, and each session has ${plural(copies, 'copy', 'copies')}: add nodes first.`,
    },
  ];
}

/** A drained node takes no sessions, so it counts as no room. */
function staying({ topology: { rotation } }: ObservedCluster['client'], going: readonly string[]): readonly string[] {
  return rotation.filter((id) => !going.includes(id));
}

/** A node to remove is no obstacle if it was drained before it went down: its sessions are on other nodes. */
function nodesDown(going: readonly string[], reports: readonly NodeReport[]): readonly Obstacle[] {
  const down = reports
    .filter(({ health, isListed }) => isListed && health === 'down')
    .filter(({ id, drain }) => !(going.includes(id) && drain === 'drained'))
    .map(({ id }) => id);
  if (down.length === 0) return [];
  return [
    {
      reason: 'node-down',
      detail: `${down.join(', ')} ${down.length === 1 ? 'does' : 'do'} not answer, so nobody can tell what is only there. Wait until it is back, or replace it, first.`,
    },
  ];
}

/** A handover of the nodes to remove is no obstacle: an earlier run drained them, or returned them to rotation. */
function handoverOpen({ client }: ObservedCluster, going: readonly string[]): readonly Obstacle[] {
  const { handovers, topology } = client;
  const foreign = handovers.find((handover) => !isOfDrains(handover, topology.rotation, going));
  if (foreign === undefined) return [];
  return [
    {
      reason: 'handover-open',
      detail: `Sessions are still on their way from ${foreign.nodes.join(', ')} (${foreign.phase}), because the nodes changed a moment ago. Try again in a few minutes; it is over in ${duration((foreign.until - Date.now()) / 1_000)} at the latest.`,
    },
  ];
}

function isOfDrains({ nodes }: Handover, rotation: readonly string[], going: readonly string[]): boolean {
  return (
    nodes.every((id) => rotation.includes(id) || going.includes(id)) &&
    rotation.every((id) => nodes.includes(id) || going.includes(id))
  );
}

function memory(
  { client }: ObservedCluster,
  going: readonly string[],
  reports: readonly NodeReport[],
): readonly Obstacle[] {
  const before = client.topology.nodes.map(({ id }) => id);
  // A drained node's sessions are on other nodes as well, so they count once when an interrupted run continues.
  const counted = reports.filter(({ isListed, drain }) => isListed && drain !== 'drained');
  const { usedBytes, limitBytesAfter, fits } = memoryAfter(before, staying(client, going), counted);
  if (fits) return [];
  return [
    {
      reason: 'memory',
      detail: `${bytes(usedBytes)} are used, and ${bytes(limitBytesAfter)} would be left: sessions would be evicted. Take fewer nodes away, or larger ones.`,
    },
  ];
}

/** Well above the error of the SDK's measurement, which is a second or two. */
const WRONG_CLOCK_MS = 60_000;

/**
 * With a wrong clock, other clients ignore this client's marks as outdated: they would use a drained and removed node.
 */
export function wrongClock({ clockOffsetMs }: Pick<CacheClusterInfo, 'clockOffsetMs'>): readonly Obstacle[] {
  if (Math.abs(clockOffsetMs) < WRONG_CLOCK_MS) return [];
  const difference = `${duration(Math.abs(clockOffsetMs) / 1_000)} ${clockOffsetMs > 0 ? 'behind' : 'ahead of'}`;
  return [
    {
      reason: 'wrong-clock',
      detail: `This machine's clock is ${difference} that of AWS, and the application servers would not believe what is marked from here. Correct it (NTP), or use another machine.`,
    },
  ];
}
