import type { UserGroup } from '../../users/user-group.ts';
import { everyProcessKnows, type StrategyRun } from '../../environment/environment.ts';

/** What an event happens to. */
export interface EventContext {
  readonly strategyRun: StrategyRun;
  readonly group: UserGroup;
  /** The node that the event before befell. */
  readonly victim: string | undefined;
  readonly signal: AbortSignal;
}

/** Resolves, when it is done, with the node that it befell, where there is one. */
export type EventAction = (context: EventContext) => Promise<string | undefined>;

/** Tells the timeline what happens now. */
export function mark({ group }: EventContext, text: string): void {
  group.timeline.mark(text);
}

export function everyoneKnows({ strategyRun, signal }: EventContext): Promise<void> {
  return everyProcessKnows(strategyRun, signal);
}
