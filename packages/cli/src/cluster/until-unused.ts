import { setTimeout as pause } from 'node:timers/promises';

import type { Client } from '@sess/client';

export interface UntilUnusedOptions {
  /** `historyIntervalMs` of the application servers: within one interval, each reads what another has published. */
  readonly historyIntervalMs: number;
  /** Longest wait for a handover that a client is finishing. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

const POLL_MS = 100;
/** If a handover has not begun to close within this many intervals after the agreement, no client finishes it. */
const INTERVALS_TO_BEGIN = 9;
/** A client that failed to finish a handover retries after this time. */
const LEAST_IDLE_MS = 15_000;

/**
 * Waits until no application server uses these drained nodes: until then, a request may fail when they stop. Clients
 * read from a drained node what its new owner lacks until the handover is finished.
 *
 * Resolves to `false` after `timeoutMs`, or if no client finishes handovers: with `finish: false`, with application
 * servers of an earlier version, or with nodes that do not list their keys.
 */
export async function untilUnused(
  client: Pick<Client, 'handovers' | 'topology'>,
  nodes: readonly string[],
  { historyIntervalMs, timeoutMs, signal, onProgress }: UntilUnusedOptions,
): Promise<boolean> {
  const until = performance.now() + timeoutMs;
  const longestIdleMs = Math.max(LEAST_IDLE_MS, INTERVALS_TO_BEGIN * historyIntervalMs);
  let idleUntil = performance.now() + longestIdleMs;
  for (;;) {
    // A node that is down has stopped already.
    const { states } = client.topology;
    const up = nodes.filter((id) => states.get(id) !== 'down');
    const open = client.handovers.filter((handover) => up.some((id) => handover.nodes.includes(id)));
    if (open.length === 0) break;
    const now = performance.now();
    if (open.some(({ phase }) => phase !== 'handover')) idleUntil = now + longestIdleMs;
    if (now > Math.min(until, idleUntil)) return false;
    onProgress(`waiting until nobody asks ${up.join(', ')} for anything`);
    await pause(POLL_MS, undefined, { signal });
  }
  await pause(historyIntervalMs, undefined, { signal });
  return true;
}
