import type { UserGroup } from '../../users/user-group.ts';
import { everyProcessKnows, type StrategyRun } from '../../environment/environment.ts';

/** What an event happens to. */
export interface EventContext {
  readonly strategyRun: StrategyRun;
  readonly group: UserGroup;
  /** The nodes that the event before befell. */
  readonly victims: readonly string[];
  readonly signal: AbortSignal;
}

/** Resolves, when it is done, with the nodes that it befell. */
export type EventAction = (context: EventContext) => Promise<readonly string[]>;

/** Tells the timeline what happens now. */
export function mark({ group }: EventContext, text: string): void {
  group.timeline.mark(text);
}

export function everyoneKnows({ strategyRun, signal }: EventContext): Promise<void> {
  return everyProcessKnows(strategyRun, signal);
}
