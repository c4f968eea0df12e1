import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { LoadEvent } from '../src/diagnostics.ts';

/** What was told of loads while `work` ran. */
export async function loadsDuring(work: () => Promise<unknown>): Promise<LoadEvent[]> {
  const events: LoadEvent[] = [];
  const listen = (event: unknown): void => void events.push(event as LoadEvent);
  subscribe('sess:session:load', listen);
  try {
    await work();
  } finally {
    unsubscribe('sess:session:load', listen);
  }
  return events;
}
