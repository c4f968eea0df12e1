import { setTimeout as pause } from 'node:timers/promises';

import type { Client } from '@sess/client';

export interface UntilNotAskedOptions {
  /** Of the application servers: within one, all of them know what one of them knows. */
  readonly historyIntervalMs: number;
  /** How long a handover that somebody finishes is waited for. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

const POLL_MS = 100;
/** Nobody finishes a handover that has not begun to close for so many intervals after everybody agreed. */
const INTERVALS_TO_BEGIN = 9;
/** A client that failed to finish it tries again after so long. */
const LEAST_GIVE_UP_MS = 15_000;

/**
 * Waits until no application server asks these drained nodes for anything: until then a request may fail in the moment in
 * which they stop. A drained node is asked for what its new owner lacks, until the handover is finished.
 *
 * Resolves with whether that is so. It is not where nobody finishes handovers: `finish: false`, application servers of an
 * earlier version, nodes that do not list their keys.
 */
export async function untilNotAsked(
  client: Pick<Client, 'handovers' | 'topology'>,
  nodes: readonly string[],
  { historyIntervalMs, timeoutMs, signal, onProgress }: UntilNotAskedOptions,
): Promise<boolean> {
  const until = performance.now() + timeoutMs;
  const giveUpMs = Math.max(LEAST_GIVE_UP_MS, INTERVALS_TO_BEGIN * historyIntervalMs);
  let idleUntil = performance.now() + giveUpMs;
  for (;;) {
    // One that is down has stopped already.
    const { states } = client.topology;
    const up = nodes.filter((id) => states.get(id) !== 'down');
    const open = client.handovers.filter((handover) => up.some((id) => handover.nodes.includes(id)));
    if (open.length === 0) break;
    const now = performance.now();
    if (open.some(({ phase }) => phase !== 'handover')) idleUntil = now + giveUpMs;
    if (now > Math.min(until, idleUntil)) return false;
    onProgress(`waiting until nobody asks ${up.join(', ')} for anything`);
    await pause(POLL_MS, undefined, { signal });
  }
  await pause(historyIntervalMs, undefined, { signal });
  return true;
}
