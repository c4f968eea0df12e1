import type { DailyStep } from './daily-schedule.ts';

export interface GuardOptions {
  /** A name that no other guard has. */
  readonly name: string;
  readonly intervalMs: number;
  /** How long AWS is waited for. */
  readonly timeoutMs: number;
  readonly keysPerSecond?: number | undefined;
  /** For nodes that list no keys: a drain takes as long as sessions live. */
  readonly untilExpired?: boolean | undefined;
  readonly schedule: readonly DailyStep[];
  /** So many nodes, the last of the list, are kept empty. */
  readonly preDrain: number;
  /** After a scale-in, the next one waits as long as the policy says, times this. 1 but for tests. */
  readonly cooldownScale: number;
  /** Default 30 seconds; another one is for tests. */
  readonly leaseMs?: number | undefined;
  readonly signal: AbortSignal;
}
