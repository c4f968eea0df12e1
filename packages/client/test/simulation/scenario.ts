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
}

export type FaultKind =
  | 'node joins'
  | 'node leaves'
  | 'node is drained'
  | 'node crashes'
  | 'node restarts empty'
  | 'node is replaced'
  | 'node pauses'
  | 'process is cut off'
  | 'process freezes'
  | 'process restarts'
  | 'network is slow'
  | 'messages are lost';

export interface PlannedFault {
  readonly kind: FaultKind;
  readonly at: number;
  /** How long it lasts, where it lasts. */
  readonly forMs: number;
}

export const FAULTS: readonly FaultKind[] = [
  'node joins',
  'node leaves',
  'node is drained',
  'node crashes',
  'node restarts empty',
  'node is replaced',
  'node pauses',
  'process is cut off',
  'process freezes',
  'process restarts',
  'network is slow',
  'messages are lost',
];

export function scenarioOf(seed: number, random: Random): Scenario {
  const durationMs = random.pick([15_000, 25_000, 40_000]);
  return {
    seed,
    copies: random.chance(0.5) ? 1 : 2,
    processes: random.between(1, 3),
    nodes: random.between(1, 4),
    keys: random.between(2, 6),
    durationMs,
    faults: Array.from({ length: random.between(0, 6) }, () => ({
      kind: random.pick(FAULTS),
      at: Math.floor(random.next() * durationMs),
      forMs: Math.floor(random.pick([50, 300, 1_500, 6_000, 15_000]) * (0.5 + random.next())),
    })).toSorted((one, other) => one.at - other.at),
  };
}
