import type { Crowd } from '../../users/users.ts';
import { everyProcessKnows, type Site } from '../../environment/strategy-run.ts';

/** What an event happens to. */
export interface Scene {
  readonly site: Site;
  readonly crowd: Crowd;
  /** The node that the event before befell. */
  readonly victim: string | undefined;
  readonly signal: AbortSignal;
}

/** Resolves, when it is done, with the node that it befell, where there is one. */
export type Happening = (scene: Scene) => Promise<string | undefined>;

/** Tells the timeline what happens now. */
export function mark({ crowd }: Scene, text: string): void {
  crowd.timeline.mark(text);
}

export function everyoneKnows({ site, signal }: Scene): Promise<void> {
  return everyProcessKnows(site, signal);
}
