import type { CacheEventInfo } from '../cache-cluster-api.ts';

/**
 * Nodes that AWS announced to replace and has not replaced yet, with the time of the announcement. The wording differs
 * by region and over time; a message counts if it mentions a scheduled replacement and a node.
 */
export function announcedReplacements(
  events: readonly CacheEventInfo[],
  cacheNodeIds: readonly string[],
): ReadonlyMap<string, number> {
  const announced = new Map<string, number>();
  for (const { message, date } of events) {
    const named = cacheNodeIds.filter((id) => new RegExp(`\\b${id}\\b`).test(message));
    for (const id of named) {
      if (/replac/i.test(message) && /schedul/i.test(message) && !/cancel/i.test(message))
        announced.set(id, date.getTime());
      else if (isOver(message)) announced.delete(id);
    }
  }
  return announced;
}

/** The replacement is done or cancelled. */
function isOver(message: string): boolean {
  return /finished recovery|replac\w* (complete|succe)|replaced|cancel|restarted/i.test(message);
}
