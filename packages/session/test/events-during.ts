import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { LoadEvent } from '../src/diagnostics.ts';

/** The events on a diagnostics channel while `work` ran. */
export async function eventsDuring(channel: string, work: () => Promise<unknown>): Promise<unknown[]> {
  const events: unknown[] = [];
  const listen = (event: unknown): void => void events.push(event);
  subscribe(channel, listen);
  try {
    await work();
  } finally {
    unsubscribe(channel, listen);
  }
  return events;
}

/** The events of loads while `work` ran. */
export async function loadsDuring(work: () => Promise<unknown>): Promise<LoadEvent[]> {
  return (await eventsDuring('sess:session:load', work)) as LoadEvent[];
}
