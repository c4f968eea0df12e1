import type { DailyStep } from './daily-schedule.ts';

export interface GuardOptions {
  /** A name that is unique among guards. */
  readonly name: string;
  /** The options that decide what it does, in the words of the command line. */
  readonly words: string;
  readonly intervalMs: number;
  /** Longest wait for AWS. */
  readonly timeoutMs: number;
  readonly keysPerSecond?: number | undefined;
  /** For nodes that list no keys: drains last as long as sessions live. */
  readonly untilExpired?: boolean | undefined;
  readonly schedule: readonly DailyStep[];
  /** How many nodes to keep empty: the last of the list. */
  readonly preDrain: number;
  /** Factor for the policy's cooldown after a scale-in. 1 except in tests. */
  readonly cooldownScale: number;
  /** Default 30 seconds; other values are for tests. */
  readonly leaseMs?: number | undefined;
  /** Longest time to live of the guard's records; for tests. */
  readonly recordSeconds?: number | undefined;
  readonly signal: AbortSignal;
}
