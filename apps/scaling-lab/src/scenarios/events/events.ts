import { deployInScaleUp, deployLongerList, killApp } from './app-events.ts';
import { logOutInPause } from './log-out-in-pause.ts';
import {
  addNodes,
  crashNode,
  crashZone,
  dropVictims,
  removeLastNode,
  replaceEveryNode,
  replaceEveryNodeInPeace,
  replaceInPlace,
  replaceNode,
  restartNode,
  upAndDown,
} from './node-events.ts';
import { restartTwo } from './restart-two.ts';
import { stopWhenFinished } from './stop-when-finished.ts';
import type { EventAction } from './event-context.ts';

export type EventName =
  | 'none'
  | 'add-node'
  | 'add-three-nodes'
  | 'remove-last-node'
  | 'up-and-down'
  | 'crash-node'
  | 'drop-victims'
  | 'crash-zone'
  | 'replace-node'
  | 'restart-node'
  | 'restart-two'
  | 'replace-in-place'
  | 'stop-when-finished'
  | 'replace-every-node'
  | 'replace-every-node-in-peace'
  | 'log-out-in-pause'
  | 'kill-app'
  | 'deploy-in-scale-up'
  | 'deploy-longer-list';

/** An event of a scenario. */
interface Event {
  /** Text for the progress line. */
  readonly says: string;
  /** Whether the event changes the nodes, or empties any of them. */
  readonly changesNodes: boolean;
  readonly happen: EventAction;
}

export const EVENTS: Readonly<Record<EventName, Event>> = {
  none: { says: 'nothing happens', changesNodes: false, happen: async () => [] },
  'add-node': { says: 'adding a node', changesNodes: true, happen: addNodes(1) },
  'add-three-nodes': { says: 'adding three nodes', changesNodes: true, happen: addNodes(3) },
  'remove-last-node': { says: 'taking a node away', changesNodes: true, happen: removeLastNode },
  'up-and-down': { says: 'adding a node and taking it away again', changesNodes: true, happen: upAndDown },
  'crash-node': { says: 'crashing a node', changesNodes: true, happen: crashNode },
  'drop-victims': { says: 'taking what crashed off the list', changesNodes: true, happen: dropVictims },
  'crash-zone': { says: 'crashing a zone', changesNodes: true, happen: crashZone },
  'replace-node': { says: 'replacing a node that crashed', changesNodes: true, happen: replaceNode },
  'restart-node': { says: 'restarting a node', changesNodes: true, happen: restartNode },
  'restart-two': { says: 'restarting two nodes, one after the other', changesNodes: true, happen: restartTwo },
  'stop-when-finished': {
    says: 'replacing a node, and stopping it when the handover is finished',
    changesNodes: true,
    happen: stopWhenFinished,
  },
  'replace-in-place': { says: 'replacing a node under its name', changesNodes: true, happen: replaceInPlace },
  'replace-every-node': { says: 'replacing every node in turn', changesNodes: true, happen: replaceEveryNode },
  'replace-every-node-in-peace': {
    says: 'replacing every node in turn, waiting for the copies',
    changesNodes: true,
    happen: replaceEveryNodeInPeace,
  },
  'log-out-in-pause': { says: 'users log out while a node hangs', changesNodes: true, happen: logOutInPause },
  'kill-app': { says: 'killing an app process', changesNodes: false, happen: killApp },
  'deploy-in-scale-up': {
    says: 'adding a node and deploying the apps anew',
    changesNodes: true,
    happen: deployInScaleUp,
  },
  'deploy-longer-list': { says: 'deploying the apps with a longer list', changesNodes: true, happen: deployLongerList },
};
