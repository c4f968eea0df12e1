import type { EventName } from './events.ts';

/** One thing that happens to the cluster or the apps, and everything that is counted on the way. Every scenario starts with users who just logged in. */
export interface Scenario {
  readonly name: ScenarioName;
  readonly does: string;
  /** Nodes that it starts with beyond `--nodes`. */
  readonly extraNodes: number;
  readonly phases: readonly Phase[];
}

/** An event, and what should be found once every app process knows of it. */
export interface Phase {
  readonly name: string;
  readonly event: EventName;
  /** Users who are asked to log in again: where nothing but the distribution decides, and where a handover keeps what moved. */
  readonly loggedOut: { readonly byDistribution: Share; readonly withHandover: Share };
  /** Users who get 503: their session is out of reach, and they are still logged in once it is back. */
  readonly unavailable: Share;
}

/** A share of the users, by the theory of the strategy's distribution; see `expectation.ts`. */
export type Share = 'nobody' | 'keys-that-moved' | 'keys-of-the-victim';

export type ScenarioName = 'cross-read' | 'app-kill' | 'scale-up' | 'scale-down' | 'crash' | 'replace' | 'restart';

const NOBODY = { byDistribution: 'nobody', withHandover: 'nobody' } as const;
const VICTIM = { byDistribution: 'keys-of-the-victim', withHandover: 'keys-of-the-victim' } as const;

export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  'cross-read': {
    name: 'cross-read',
    does: 'nothing happens: sessions made by Fastify are read by Koa, and the reverse',
    extraNodes: 0,
    phases: [{ name: 'read', event: 'none', loggedOut: NOBODY, unavailable: 'nobody' }],
  },
  'app-kill': {
    name: 'app-kill',
    does: 'one app process is killed; the load goes to the others',
    extraNodes: 0,
    phases: [{ name: 'killed', event: 'kill-app', loggedOut: NOBODY, unavailable: 'nobody' }],
  },
  'scale-up': {
    name: 'scale-up',
    does: 'a node is added',
    extraNodes: 0,
    phases: [
      { name: 'added', event: 'add-node', loggedOut: { byDistribution: 'keys-that-moved', withHandover: 'nobody' }, unavailable: 'nobody' },
    ],
  },
  'scale-down': {
    name: 'scale-down',
    does: 'a node is taken away, without a drain',
    extraNodes: 1,
    phases: [
      {
        name: 'removed',
        event: 'remove-last-node',
        loggedOut: { byDistribution: 'keys-that-moved', withHandover: 'keys-of-the-victim' },
        unavailable: 'nobody',
      },
    ],
  },
  crash: {
    name: 'crash',
    does: 'a node crashes: first it is still listed, then discovery drops it',
    extraNodes: 0,
    phases: [
      { name: 'listed', event: 'crash-node', loggedOut: NOBODY, unavailable: 'keys-of-the-victim' },
      {
        name: 'dropped',
        event: 'drop-victim',
        loggedOut: { byDistribution: 'keys-that-moved', withHandover: 'keys-of-the-victim' },
        unavailable: 'nobody',
      },
    ],
  },
  replace: {
    name: 'replace',
    does: 'a node crashes, and an empty one with another name takes its place',
    extraNodes: 0,
    phases: [
      {
        name: 'replaced',
        event: 'replace-node',
        loggedOut: { byDistribution: 'keys-that-moved', withHandover: 'keys-of-the-victim' },
        unavailable: 'nobody',
      },
    ],
  },
  restart: {
    name: 'restart',
    does: 'a node restarts, and is empty',
    extraNodes: 0,
    phases: [{ name: 'restarted', event: 'restart-node', loggedOut: VICTIM, unavailable: 'nobody' }],
  },
};

/** In the order in which they run: first what leaves the nodes as they were. */
export const SCENARIO_NAMES: readonly ScenarioName[] = ['cross-read', 'app-kill', 'scale-up', 'scale-down', 'crash', 'replace', 'restart'];
