/** What one simulated history is made of, all from its seed. */
import type { Random } from './random.ts';

export interface Scenario {
  readonly seed: number;
  readonly copies: number;
  readonly processes: number;
  readonly nodes: number;
  readonly keys: number;
  /** Virtual milliseconds of traffic and faults, before everything is healed. */
  readonly durationMs: number;
  readonly faults: readonly PlannedFault[];
  /** Whether nothing is written any more once everything is healed: what is stale then stays so until it is read. */
  readonly endsQuietly: boolean;
}

export const FAULTS = [
  'node joins',
  'node leaves',
  'node is drained',
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

export type FaultKind = (typeof FAULTS)[number];

export interface PlannedFault {
  readonly kind: FaultKind;
  readonly at: number;
  /** How long it lasts, where it lasts. */
  readonly forMs: number;
}

export function scenarioOf(seed: number, random: Random): Scenario {
  const durationMs = random.pick([12_000, 20_000, 35_000]);
  const copies = random.pick([1, 1, 2, 2, 3]);
  return {
    seed,
    copies,
    processes: random.between(1, 3),
    // Three copies want three nodes, and one to lose.
    nodes: copies === 3 ? random.between(2, 5) : random.between(1, 4),
    keys: random.between(2, 6),
    durationMs,
    endsQuietly: random.chance(0.5),
    faults: Array.from({ length: random.between(0, 7) }, () => ({
      kind: random.pick(FAULTS),
      at: Math.floor(random.next() * durationMs),
      forMs: Math.floor(random.pick([50, 300, 1_500, 6_000, 15_000]) * (0.5 + random.next())),
    })).toSorted((one, other) => one.at - other.at),
  };
}
