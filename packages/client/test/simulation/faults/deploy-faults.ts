/** Deploys: another list of nodes, or another setting that decides owners; process by process, or all at once. */
import { MAX_NODES, type FaultScene, type Strikes } from './fault-scene.ts';

export const deployFaults = {
  'fixed lists roll': roll,
  'everything restarts with another list': restartEverything,
  'copies change by rolling': changeCopies,
  'distribution changes by rolling': changeDistribution,
  'zones change by rolling': changeZones,
} as const satisfies Strikes;

/**
 * Restarts processes one by one with another fixed list. The two lists share a node; otherwise the processes could not
 * find each other.
 */
function roll(scene: FaultScene, forMs: number): string | undefined {
  const { stage, promises } = scene;
  const { random, applications, listed, time } = stage;
  // A process that skips a list might share no node with the one before.
  if (time.now < scene.rollsUntil) return undefined;
  const joins = listed.length < MAX_NODES && random.chance(0.7);
  const leaving = random.chance(0.5) ? promises.loseableNode(2) : undefined;
  if (!joins && leaving === undefined) return undefined;
  const joining = joins ? stage.startNode() : undefined;
  stage.list([...listed, ...(joining === undefined ? [] : [joining])]);
  if (leaving !== undefined) scene.unlist(leaving);
  const everyMs = forMs / applications.length;
  scene.rollsUntil = time.now + forMs;
  for (const [index, application] of applications.entries())
    time.at(everyMs * (index + 1), () => scene.restartOne(application));
  if (leaving !== undefined) time.at(forMs + 5_000, () => scene.stop(leaving));
  return `${joining ?? 'nothing'} joins, ${leaving ?? 'nothing'} leaves, within ${forMs} ms`;
}

/**
 * All processes end, and start later with another list; nodes that left are stopped. Only the nodes that stay know the
 * earlier view, and not when it was confirmed last. Sessions are not read until shortly before they end.
 */
function restartEverything(scene: FaultScene, forMs: number): string | undefined {
  const { stage, promises, traffic } = scene;
  const { random, listed, time } = stage;
  if (time.now < scene.rollsUntil) return undefined;
  const leaving = listed.filter(() => random.chance(0.6));
  if (!promises.mayAllLeave(leaving)) return undefined;
  const joining = Array.from({ length: random.between(0, 2) }, () => stage.startNode());
  stage.list([...listed, ...joining]);
  for (const id of leaving) scene.unlist(id);
  stage.stopAll();
  traffic.rest();
  for (const id of leaving) scene.stop(id);
  const afterMs = random.pick([0, forMs]);
  time.at(afterMs, () => stage.startAll());
  return `${joining.join() || 'nothing'} joins, ${leaving.join() || 'nothing'} leaves, ${afterMs} ms without processes`;
}

function changeCopies(scene: FaultScene, forMs: number): string {
  const { stage } = scene;
  const { random } = stage;
  const before = stage.copies;
  stage.copies = random.pick([1, 2, 3].filter((copies) => copies !== before));
  stage.leastCopies = Math.min(stage.leastCopies, stage.copies);
  scene.restartAll(forMs);
  return `${before} to ${stage.copies} within ${forMs} ms`;
}

function changeDistribution(scene: FaultScene, forMs: number): string {
  const { stage } = scene;
  stage.placement = stage.placement === 'ketama' ? 'rendezvous' : 'ketama';
  scene.restartAll(forMs);
  return `${stage.placement} within ${forMs} ms`;
}

function changeZones(scene: FaultScene, forMs: number): string {
  const { stage } = scene;
  const before = stage.zones;
  stage.zones = stage.random.pick([0, 2, 3].filter((zones) => zones !== before));
  scene.restartAll(forMs);
  return `${before} to ${stage.zones} within ${forMs} ms`;
}
