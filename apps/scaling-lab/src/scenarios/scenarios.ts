import type { EventName } from './events/events.ts';
import type { NodesGo, Strategy } from '../apps/strategies.ts';

/**
 * Events of the cluster or the apps, with the expected result of each. Every scenario starts with users who just logged
 * in.
 */
export interface Scenario {
  readonly name: ScenarioName;
  readonly does: string;
  /** Number of nodes at the start in addition to `--nodes`. */
  readonly extraNodes: number;
  /** Whether the apps follow the endpoint, or keep the list from their start. */
  readonly list: 'followed' | 'fixed';
  readonly nodesGo: NodesGo;
  readonly phases: readonly Phase[];
}

/** An event, and the expected result once every app process has noticed it. */
export interface Phase {
  readonly name: string;
  readonly event: EventName;
  /**
   * Users who must log in again: if only the distribution decides, if a handover finds sessions that moved, if the
   * handover is finished, if nodes are drained, and if lost copies are restored.
   */
  readonly loggedOut: {
    readonly byDistribution: Share;
    readonly withHandover: Share;
    readonly withFinishing?: Share;
    readonly withDrain?: Share;
    readonly withRestoring?: Share;
  };
  /** Users who get 503: their session is out of reach, and they are still logged in once it is back. */
  readonly unavailable: Share;
  /** Whether this project's promise allows short stale reads: a node returns with old data. */
  readonly mayBeStale?: boolean;
}

/** A share of the users, by the theory of the strategy's distribution; see `expectation.ts`. */
export type Share = 'nobody' | 'keys-that-moved' | 'keys-of-the-victims' | 'unknown';

export type ScenarioName =
  | 'cross-read'
  | 'app-kill'
  | 'scale-up'
  | 'scale-down'
  | 'up-and-down'
  | 'scale-up-double'
  | 'crash'
  | 'restart'
  | 'replace'
  | 'replace-in-place'
  | 'rolling-replacement'
  | 'rolling-in-peace'
  | 'zone-lost'
  | 'one-after-the-other'
  | 'finished-then-removed'
  | 'logout-in-pause'
  | 'deploy-in-scale-up'
  | 'fixed-list';

const USUAL = { extraNodes: 0, list: 'followed', nodesGo: 'never' } as const;
const NOBODY = { byDistribution: 'nobody', withHandover: 'nobody' } as const;
const VICTIMS = { byDistribution: 'keys-of-the-victims', withHandover: 'keys-of-the-victims' } as const;
const MOVED = { byDistribution: 'keys-that-moved', withHandover: 'nobody' } as const;
const MOVED_OR_VICTIM = {
  byDistribution: 'keys-that-moved',
  withHandover: 'keys-of-the-victims',
  withDrain: 'nobody',
} as const;

export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  'cross-read': {
    ...USUAL,
    name: 'cross-read',
    does: 'nothing happens: sessions made by Fastify are read by Koa, and the reverse',
    phases: [{ name: 'read', event: 'none', loggedOut: NOBODY, unavailable: 'nobody' }],
  },
  'app-kill': {
    ...USUAL,
    name: 'app-kill',
    does: 'one app process is killed; the load goes to the others',
    phases: [{ name: 'killed', event: 'kill-app', loggedOut: NOBODY, unavailable: 'nobody' }],
  },
  'scale-up': {
    ...USUAL,
    name: 'scale-up',
    does: 'a node is added',
    phases: [{ name: 'added', event: 'add-node', loggedOut: MOVED, unavailable: 'nobody' }],
  },
  'scale-down': {
    ...USUAL,
    name: 'scale-down',
    does: 'a node is taken away, without a drain and with one',
    extraNodes: 1,
    nodesGo: 'on-purpose',
    phases: [{ name: 'removed', event: 'remove-last-node', loggedOut: MOVED_OR_VICTIM, unavailable: 'nobody' }],
  },
  'up-and-down': {
    ...USUAL,
    name: 'up-and-down',
    does: 'a node is added and taken away again within a minute',
    nodesGo: 'on-purpose',
    phases: [
      {
        name: 'back',
        event: 'up-and-down',
        // A user with a request while the node was there was logged out then; other sessions are on their old owner.
        // With a handover, writes during that time also went to the earlier owner.
        loggedOut: { byDistribution: 'unknown', withHandover: 'nobody' },
        unavailable: 'nobody',
      },
    ],
  },
  'scale-up-double': {
    ...USUAL,
    name: 'scale-up-double',
    does: 'three nodes are added at once',
    phases: [{ name: 'added', event: 'add-three-nodes', loggedOut: MOVED, unavailable: 'nobody' }],
  },
  crash: {
    ...USUAL,
    name: 'crash',
    does: 'a node crashes: first it is still listed, then discovery drops it',
    nodesGo: 'by-accident',
    phases: [
      { name: 'listed', event: 'crash-node', loggedOut: NOBODY, unavailable: 'keys-of-the-victims' },
      {
        name: 'dropped',
        event: 'drop-victims',
        loggedOut: { byDistribution: 'keys-that-moved', withHandover: 'keys-of-the-victims' },
        unavailable: 'nobody',
      },
    ],
  },
  restart: {
    ...USUAL,
    name: 'restart',
    does: 'a node restarts at once, and is empty',
    nodesGo: 'by-accident',
    phases: [{ name: 'restarted', event: 'restart-node', loggedOut: VICTIMS, unavailable: 'nobody' }],
  },
  replace: {
    ...USUAL,
    name: 'replace',
    does: 'a node crashes, and an empty one with another name takes its place',
    nodesGo: 'by-accident',
    phases: [
      {
        name: 'replaced',
        event: 'replace-node',
        loggedOut: { byDistribution: 'keys-that-moved', withHandover: 'keys-of-the-victims' },
        unavailable: 'nobody',
      },
    ],
  },
  'replace-in-place': {
    ...USUAL,
    name: 'replace-in-place',
    does: 'a node is down for a while, then an empty one answers under its name; the version of the list stays',
    nodesGo: 'by-accident',
    phases: [{ name: 'replaced', event: 'replace-in-place', loggedOut: VICTIMS, unavailable: 'nobody' }],
  },
  'rolling-replacement': {
    ...USUAL,
    name: 'rolling-replacement',
    does: 'every node in turn: another one is added, then it is taken away, without a drain and with one',
    nodesGo: 'on-purpose',
    phases: [
      {
        name: 'all replaced',
        event: 'replace-every-node',
        loggedOut: { byDistribution: 'unknown', withHandover: 'unknown', withDrain: 'nobody' },
        unavailable: 'nobody',
      },
    ],
  },
  'rolling-in-peace': {
    ...USUAL,
    name: 'rolling-in-peace',
    does: 'the same, and with several copies the next node waits until those of the one before are restored',
    nodesGo: 'on-purpose',
    phases: [
      {
        name: 'all replaced',
        event: 'replace-every-node-in-peace',
        loggedOut: { byDistribution: 'unknown', withHandover: 'unknown', withDrain: 'nobody', withRestoring: 'nobody' },
        unavailable: 'nobody',
      },
    ],
  },
  'zone-lost': {
    ...USUAL,
    name: 'zone-lost',
    does: 'all nodes of one of two zones crash: first they are still listed, then discovery drops them',
    extraNodes: 1,
    nodesGo: 'by-zone',
    phases: [
      { name: 'listed', event: 'crash-zone', loggedOut: NOBODY, unavailable: 'keys-of-the-victims' },
      {
        name: 'dropped',
        event: 'drop-victims',
        loggedOut: { byDistribution: 'keys-that-moved', withHandover: 'keys-of-the-victims' },
        unavailable: 'nobody',
      },
    ],
  },
  'one-after-the-other': {
    ...USUAL,
    name: 'one-after-the-other',
    does: 'a node restarts and is empty; everybody comes by; then another one does',
    nodesGo: 'by-accident',
    phases: [
      {
        name: 'both empty',
        event: 'restart-two',
        loggedOut: { ...VICTIMS, withRestoring: 'nobody' },
        unavailable: 'nobody',
      },
    ],
  },
  'finished-then-removed': {
    ...USUAL,
    name: 'finished-then-removed',
    does: 'a new node takes the place of the oldest in a fixed list; when the handover is finished, that one is stopped without a drain',
    list: 'fixed',
    nodesGo: 'when-finished',
    phases: [
      {
        name: 'stopped',
        event: 'stop-when-finished',
        loggedOut: {
          byDistribution: 'keys-that-moved',
          withHandover: 'keys-of-the-victims',
          withFinishing: 'nobody',
        },
        unavailable: 'nobody',
      },
    ],
  },
  'logout-in-pause': {
    ...USUAL,
    name: 'logout-in-pause',
    does: 'a node hangs while users log out, and comes back with what it held',
    phases: [
      { name: 'resumed', event: 'log-out-in-pause', loggedOut: NOBODY, unavailable: 'nobody', mayBeStale: true },
    ],
  },
  'deploy-in-scale-up': {
    ...USUAL,
    name: 'deploy-in-scale-up',
    does: 'a node is added, and at once the apps are deployed anew, one process after another',
    phases: [{ name: 'deployed', event: 'deploy-in-scale-up', loggedOut: MOVED, unavailable: 'nobody' }],
  },
  'fixed-list': {
    ...USUAL,
    name: 'fixed-list',
    does: 'the list is fixed in the environment; a node is added to it by a rolling deploy of the apps',
    list: 'fixed',
    phases: [{ name: 'deployed', event: 'deploy-longer-list', loggedOut: MOVED, unavailable: 'nobody' }],
  },
};

/**
 * In the order in which they run: first the scenarios that leave the nodes unchanged. Scenarios that need a fourth node
 * run after one that adds it.
 */
export const SCENARIO_NAMES: readonly ScenarioName[] = [
  'cross-read',
  'app-kill',
  'scale-up',
  'scale-down',
  'up-and-down',
  'scale-up-double',
  'crash',
  'restart',
  'replace',
  'replace-in-place',
  'rolling-replacement',
  'rolling-in-peace',
  'zone-lost',
  'one-after-the-other',
  'finished-then-removed',
  'logout-in-pause',
  'deploy-in-scale-up',
  'fixed-list',
];

/** The default scenarios of a run: events that most clusters meet sooner or later. They take less than two minutes. */
export const PRESET_SCENARIOS: readonly ScenarioName[] = [
  'scale-up',
  'scale-down',
  'up-and-down',
  'crash',
  'logout-in-pause',
  'fixed-list',
];

/** Whether the strategy takes part: one with `only` takes part only in scenarios in which nodes go in such a way. */
export function takesPart({ only }: Pick<Strategy, 'only'>, { nodesGo }: Scenario): boolean {
  return only === undefined || only.some((way) => way === nodesGo);
}
