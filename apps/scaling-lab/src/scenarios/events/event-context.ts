import type { UserGroup } from '../../users/user-group.ts';
import { everyProcessKnows, type StrategyRun } from '../../environment/environment.ts';

/** The context of an event. */
export interface EventContext {
  readonly strategyRun: StrategyRun;
  readonly group: UserGroup;
  /** The nodes that the previous event affected. */
  readonly victims: readonly string[];
  readonly signal: AbortSignal;
}

/** Runs the event. Resolves to the nodes that it affected. */
export type EventAction = (context: EventContext) => Promise<readonly string[]>;

/** Marks an event on the timeline. */
export function mark({ group }: EventContext, text: string): void {
  group.timeline.mark(text);
}

export function everyoneKnows({ strategyRun, signal }: EventContext): Promise<void> {
  return everyProcessKnows(strategyRun, signal);
}
