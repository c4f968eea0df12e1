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

/** What a scenario does. */
interface Event {
  /** For the progress line: what is going on. */
  readonly says: string;
  /** Whether the nodes are others afterwards, or have lost what they held. */
  readonly changesNodes: boolean;
  /** Resolves, when it is done, with the node that it befell, where there is one. `victim` is the node that the event before befell. */
  readonly happen: (stage: Stage, victim: string | undefined) => Promise<string | undefined>;
}

export const EVENTS: Readonly<Record<EventName, Event>> = {
  none: { says: 'nothing happens', changesNodes: false, happen: async () => undefined },

  'add-node': {
    says: 'adding a node',
    changesNodes: true,
    happen: async ({ cluster }) => {
      await cluster.addNode();
      return undefined;
    },
  },

  'remove-last-node': {
    says: 'taking a node away',
    changesNodes: true,
    happen: async (stage) => {
      const last = listedNodes(stage).at(-1);
      if (last === undefined) throw new Error('there is no node to remove');
      await stage.cluster.removeNode(last);
      return last;
    },
  },

  'crash-node': {
    says: 'crashing a node',
    changesNodes: true,
    happen: async (stage) => {
      const victim = middleNode(stage);
      await stage.cluster.crashNode(victim);
      return victim;
    },
  },

  'drop-victim': {
    says: 'taking the crashed node off the list',
    changesNodes: true,
    happen: async ({ cluster }, victim) => {
      if (victim === undefined) throw new Error('no node has crashed');
      await cluster.removeNode(victim);
      return victim;
    },
  },

  'replace-node': {
    says: 'replacing a node that crashed',
    changesNodes: true,
    happen: async (stage) => {
      const victim = middleNode(stage);
      await stage.cluster.crashNode(victim);
      await stage.cluster.addNode();
      await stage.cluster.removeNode(victim);
      return victim;
    },
  },

  'restart-node': {
    says: 'restarting a node',
    changesNodes: true,
    happen: async (stage) => {
      const victim = middleNode(stage);
      await stage.cluster.restartNode(victim);
      return victim;
    },
  },

  'kill-app': {
    says: 'killing an app process',
    changesNodes: false,
    happen: async ({ fleets }) => {
      await Promise.all(fleets.map(async (fleet) => fleet.processes[0]?.kill()));
      return undefined;
    },
  },
};

/** Neither the first nor the last, which some distributions treat more kindly. */
function middleNode(stage: Stage): string {
  const nodes = listedNodes(stage);
  const node = nodes[Math.floor(nodes.length / 2)];
  if (node === undefined) throw new Error('there is no node');
  return node;
}
