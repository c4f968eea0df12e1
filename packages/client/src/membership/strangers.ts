/**
 * Clients that use a node under another `historySecret`, or under none: they have a history of their own, and are not told of what this client says.
 * Nothing here is believed: it is looked at only to refuse what they would have to know of.
 */
import type { Holder } from '../cluster.ts';
import type { RequestOptions } from '../transport/transport.ts';
import { decodeHistory, HistoryRefused } from './history-codec.ts';
import { isHistoryKey, SIGNATURE_AT, SIGNATURE_BYTES, type HistorySeal } from './history-seal.ts';

export interface StrangersSetup {
  readonly seals: readonly HistorySeal[];
  /** Milliseconds since 1970; what was confirmed since then is acted on. */
  readonly since: number;
  readonly now: number;
}

/** Whether somebody acts on a view with the node who keeps another history. `ownKeys`: the keys on the node that clients keep for themselves. */
export async function isUsedByStrangers(
  holder: Holder,
  ownKeys: AsyncIterable<string>,
  { seals, since, now }: StrangersSetup,
  options: RequestOptions | undefined,
): Promise<boolean> {
  let found = false;
  for await (const key of ownKeys) {
    if (found || !isHistoryKey(key) || seals.some((seal) => seal.key === key)) continue;
    const entry = await holder.look(key, options);
    found = entry?.kind === 'record' && namesNode(entry.value, key, holder.id, since, now);
  }
  return found;
}

function namesNode(bytes: Buffer, key: string, id: string, since: number, now: number): boolean {
  const signature = bytes.subarray(SIGNATURE_AT, SIGNATURE_AT + SIGNATURE_BYTES);
  try {
    // Which nodes are named is all that is asked.
    const { views } = decodeHistory(bytes, { key, fenceKey: '', isSigned: false, sign: () => signature }, now, {
      copies: 1,
      distribution: '',
    });
    return [...views.values()].some(({ confirmedAt, nodes }) => confirmedAt >= since && nodes.some((node) => node.id === id));
  } catch (error) {
    if (error instanceof HistoryRefused) return false;
    throw error;
  }
}
