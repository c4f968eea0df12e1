/** The parameters of one simulated history, drawn from its seed. */
import type { Random } from './random.ts';
import { TTL_SECONDS } from './timing.ts';

/**
 * `usual`: what the tests run. `harsh`: sessions expire, windows close, settings change by a rolling deploy, clocks
 * jump, memory runs out, and reading a destroyed session is never excused. `finishing`: like `usual`, but handovers
 * finish before their windows end, with sessions that were not read meanwhile and others that all processes change at
 * once. `harsh finishing`: both.
 */
export const PROFILES = ['usual', 'harsh', 'finishing', 'harsh finishing'] as const;
export type Profile = (typeof PROFILES)[number];

export interface Scenario {
  readonly seed: number;
  readonly profile: Profile;
  /** Keys moved per node and second to finish a handover: the slower, the more happens meanwhile. */
  readonly keysPerSecond: number;
  readonly copies: number;
  /** Number of zones of the nodes; 0 for none. */
  readonly zones: number;
  /** Time to live of sessions and tombstones. */
  readonly ttlSeconds: number;
  /** Least time for which earlier views stay open. */
  readonly windowSeconds: number;
  readonly processes: number;
  readonly nodes: number;
  readonly keys: number;
  /** Virtual milliseconds of traffic and faults, before everything is healed. */
  readonly durationMs: number;
  readonly faults: readonly PlannedFault[];
  /** Whether writes end when everything is healed, so that stale copies stay until they are read. */
  readonly endsQuietly: boolean;
}

export const FAULTS = [
  'node joins',
  'node leaves',
  'node is drained',
  'nodes go one by one',
  'node crashes',
  'node restarts empty',
  'node is replaced',
  'node pauses',
  'node is cut off',
  'node returns stale',
  'connections are reset',
  'process is cut off',
  'process freezes',
  'process sleeps through an agreement',
  'process restarts',
  'fixed lists roll',
  'discovery lags',
  'network is slow',
  'messages are lost',
] as const;

/** Faults of harsh histories only. */
export const HARSH_FAULTS = [
  'copies change by rolling',
  'distribution changes by rolling',
  'zones change by rolling',
  'a zone is lost',
  'history is evicted',
  'a record is evicted',
  'node is flushed',
  'node is out of memory',
  'node flaps',
  'clock jumps',
  'machine is suspended',
  'drainer dies',
  'node stops behind a late list',
  'fence is evicted',
] as const;

/** Additional faults if handovers finish before their windows end. */
export const FINISHING_FAULTS = ['node joins', 'node retires when it is empty', 'finisher dies'] as const;

/** Several events in an order that hardly any history has by chance. Drawn only if asked for. */
export const STAGED_FAULTS = [
  'a scale-up is undone',
  'node is flushed amid writes',
  'node is flushed again and again',
  'everything restarts with another list',
] as const;

export type FaultKind =
  | (typeof FAULTS)[number]
  | (typeof HARSH_FAULTS)[number]
  | (typeof FINISHING_FAULTS)[number]
  | (typeof STAGED_FAULTS)[number];

export interface PlannedFault {
  readonly kind: FaultKind;
  readonly at: number;
  /** Duration, for faults that last. */
  readonly forMs: number;
}

/**
 * Share of the histories with several copies in which nodes leave one by one from early on, each after the
 * rereplication of the one before.
 */
const ROLLING_SHARE = 0.25;
const ROLLING_MS = 50_000;
const PACES = [4, 50, 2_000] as const;
const ZONES = [0, 0, 2, 3] as const;

/** @param only the kinds of faults to draw; empty for all of the profile */
export function scenarioOf(
  seed: number,
  random: Random,
  profile: Profile = 'usual',
  only: readonly FaultKind[] = [],
): Scenario {
  if (isHarsh(profile)) return harshScenario(seed, random, profile, only);
  const usual = finishes(profile) ? [...FAULTS, ...FINISHING_FAULTS] : FAULTS;
  const kinds = only.length > 0 ? only : usual;
  const copies = random.pick([1, 1, 2, 2, 3]);
  const rolls = copies > 1 && random.chance(ROLLING_SHARE);
  const durationMs = rolls ? ROLLING_MS : random.pick([12_000, 20_000, 35_000]);
  const drawn = Array.from({ length: random.between(0, rolls ? 3 : 7) }, () =>
    faultOf(random, random.pick(kinds), durationMs),
  );
  const faults = rolls ? [faultOf(random, 'nodes go one by one', durationMs / 8), ...drawn] : drawn;
  return {
    seed,
    profile,
    copies,
    ttlSeconds: TTL_SECONDS,
    windowSeconds: TTL_SECONDS,
    processes: random.between(1, 3),
    // Three copies need three nodes, and one to lose.
    nodes: random.between(rolls ? 4 : copies === 3 ? 2 : 1, copies === 3 || rolls ? 5 : 4),
    keys: random.between(2, 6),
    durationMs,
    endsQuietly: random.chance(0.5),
    faults: faults.toSorted((one, other) => one.at - other.at),
    keysPerSecond: random.pick(PACES),
    zones: random.pick(ZONES),
  };
}

export function isHarsh(profile: Profile): boolean {
  return profile === 'harsh' || profile === 'harsh finishing';
}

/** Whether handovers finish before their windows end. */
export function finishes(profile: Profile): boolean {
  return profile === 'finishing' || profile === 'harsh finishing';
}

/** Long enough for windows to close and sessions to expire several times. */
function harshScenario(seed: number, random: Random, profile: Profile, only: readonly FaultKind[]): Scenario {
  const ttlSeconds = random.between(10, 30);
  const durationMs = ttlSeconds * 1000 * random.between(2, 5);
  const copies = random.pick([1, 1, 2, 2, 3]);
  // Few kinds per history, some of them often: three faults of one kind are hardly ever drawn from all kinds.
  const kinds = Array.from({ length: random.between(1, 4) }, () =>
    random.pick(only.length > 0 ? only : [...FAULTS, ...HARSH_FAULTS, ...HARSH_FAULTS]),
  );
  const drawn = Array.from({ length: random.between(1, 8) }, () => faultOf(random, random.pick(kinds), durationMs));
  const faults = finishes(profile) ? [...drawn, faultOf(random, random.pick(FINISHING_FAULTS), durationMs / 2)] : drawn;
  return {
    seed,
    profile,
    copies,
    ttlSeconds,
    windowSeconds: 0,
    processes: random.between(1, 4),
    nodes: random.between(copies === 3 ? 3 : 2, 5),
    keys: random.between(2, 6),
    durationMs,
    endsQuietly: random.chance(0.5),
    faults: faults.toSorted((one, other) => one.at - other.at),
    keysPerSecond: random.pick(PACES),
    zones: random.pick(ZONES),
  };
}

function faultOf(random: Random, kind: FaultKind, withinMs: number): PlannedFault {
  return {
    kind,
    at: Math.floor(random.next() * withinMs),
    forMs: Math.floor(random.pick([50, 300, 1_500, 6_000, 15_000]) * (0.5 + random.next())),
  };
}
