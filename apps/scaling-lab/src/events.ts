import { listedNodes, type Stage } from './stage.ts';

export type EventName =
  | 'none'
  | 'add-node'
  | 'remove-last-node'
  | 'crash-node'
  | 'drop-victim'
  | 'replace-node'
  | 'restart-node'
  | 'kill-app';

/** What a scenario does. Resolves, when it is done, with the node that it befell, where there is one. */
type Event = (stage: Stage, victim: string | undefined) => Promise<string | undefined>;

export const EVENTS: Readonly<Record<EventName, Event>> = {
  none: async () => undefined,

  'add-node': async ({ cluster }) => {
    await cluster.addNode();
    return undefined;
  },

  'remove-last-node': async (stage) => {
    const last = listedNodes(stage).at(-1);
    if (last === undefined) throw new Error('there is no node to remove');
    await stage.cluster.removeNode(last);
    return last;
  },

  'crash-node': async (stage) => {
    const victim = middleNode(stage);
    await stage.cluster.crashNode(victim);
    return victim;
  },

  'drop-victim': async ({ cluster }, victim) => {
    if (victim === undefined) throw new Error('no node has crashed');
    await cluster.removeNode(victim);
    return victim;
  },

  'replace-node': async (stage) => {
    const victim = middleNode(stage);
    await stage.cluster.crashNode(victim);
    await stage.cluster.addNode();
    await stage.cluster.removeNode(victim);
    return victim;
  },

  'restart-node': async (stage) => {
    const victim = middleNode(stage);
    await stage.cluster.restartNode(victim);
    return victim;
  },

  'kill-app': async ({ fleets }) => {
    await Promise.all(fleets.map(async (fleet) => fleet.processes[0]?.kill()));
    return undefined;
  },
};

/** Neither the first nor the last, which some distributions treat more kindly. */
function middleNode(stage: Stage): string {
  const nodes = listedNodes(stage);
  const node = nodes[Math.floor(nodes.length / 2)];
  if (node === undefined) throw new Error('there is no node');
  return node;
}
