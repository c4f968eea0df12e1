import { listedNodes, type StrategyRun } from '../../environment/environment.ts';
import { ZONES, zonesOf } from '../../environment/zones.ts';
import { everyoneKnows, mark, type EventAction, type EventContext } from './event-context.ts';

/** Adds nodes one after another; the apps see them come at about the same time. */
export function addNodes(count: number): EventAction {
  return async (context) => {
    mark(context, count === 1 ? 'a node is added' : `${count} nodes are added`);
    for (let added = 0; added < count; added += 1) await context.strategyRun.cluster.addNode();
    return [];
  };
}

export const removeLastNode: EventAction = async (context) => {
  const last = listedNodes(context.strategyRun).at(-1);
  if (last === undefined) throw new Error('there is no node to remove');
  await takeAway(context, last);
  return [last];
};

export const upAndDown: EventAction = async (context) => {
  await addNodes(1)(context);
  await everyoneKnows(context);
  return removeLastNode(context);
};

export const crashNode: EventAction = async (context) => {
  const victim = middleNode(context.strategyRun);
  mark(context, 'a node crashes');
  await context.strategyRun.cluster.crashNode(victim);
  return [victim];
};

export const dropVictims: EventAction = async (context) => {
  const { victims } = context;
  if (victims.length === 0) throw new Error('no node has crashed');
  mark(context, victims.length === 1 ? 'it leaves the list' : 'they leave the list');
  for (const victim of victims) await context.strategyRun.cluster.removeNode(victim);
  return victims;
};

/** All at the same moment. */
export const crashZone: EventAction = async (context) => {
  const { cluster } = context.strategyRun;
  const zones = zonesOf(listedNodes(context.strategyRun));
  const lost = Object.keys(zones).filter((node) => zones[node] === ZONES[1]);
  mark(context, 'a zone is lost');
  await Promise.all(lost.map((node) => cluster.crashNode(node)));
  return lost;
};

export const replaceNode: EventAction = async (context) => {
  const victims = await crashNode(context);
  mark(context, 'another takes its place');
  await context.strategyRun.cluster.addNode();
  for (const victim of victims) await context.strategyRun.cluster.removeNode(victim);
  return victims;
};

export const restartNode: EventAction = async (context) => {
  const victim = middleNode(context.strategyRun);
  mark(context, 'a node restarts');
  await context.strategyRun.cluster.restartNode(victim);
  return [victim];
};

/** A machine is exchanged: its name stays on the list, and so does the version of the list. */
export const replaceInPlace: EventAction = async (context) => {
  const victims = await crashNode(context);
  // Long enough for requests to have met it.
  await context.group.traffic.settled(60, context.signal);
  mark(context, 'an empty one answers');
  for (const victim of victims) await context.strategyRun.cluster.restartNode(victim);
  return victims;
};

/** `afterEach`: what is waited for between one node and the next. */
function replaceEvery(afterEach: (context: EventContext, gone: string) => Promise<void>): EventAction {
  return async (context) => {
    for (const [place, node] of listedNodes(context.strategyRun).entries()) {
      mark(context, `+${place + 1}`);
      await context.strategyRun.cluster.addNode();
      await everyoneKnows(context);
      await takeAway(context, node, `−${place + 1}`);
      await everyoneKnows(context);
      await afterEach(context, node);
    }
    return [];
  };
}

export const replaceEveryNode: EventAction = replaceEvery(async () => undefined);

/** As docs/scaling.md has it done with two copies. */
export const replaceEveryNodeInPeace: EventAction = replaceEvery(async (context, gone) => {
  await context.strategyRun.fleet.copiesRestored(gone, context.signal);
  mark(context, 'copies restored');
});

/** On purpose: with a strategy that drains, the node is emptied before. */
async function takeAway(context: EventContext, node: string, text = 'it is taken away'): Promise<void> {
  const { cluster, fleet, strategy } = context.strategyRun;
  if (strategy.drains) {
    mark(context, 'drain');
    await fleet.drain(node);
  }
  mark(context, text);
  await cluster.removeNode(node);
}

/** Neither the first nor the last, which some distributions treat more kindly. */
export function middleNode(strategyRun: StrategyRun): string {
  const nodes = listedNodes(strategyRun);
  const node = nodes[Math.floor(nodes.length / 2)];
  if (node === undefined) throw new Error('there is no node');
  return node;
}
