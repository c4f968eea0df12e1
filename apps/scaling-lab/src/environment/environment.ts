import type { Site } from './strategy-run.ts';

/** Where the scenarios happen: a site for each strategy, and what they have in common. */
export interface Stage {
  readonly sites: readonly Site[];
  /** Signs the cookies. */
  readonly secret: string;
  readonly signal: AbortSignal;
}
