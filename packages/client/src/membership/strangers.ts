/**
 * Clients that use a node under another `historySecret`, or under none: they have a history of their own, and are not
 * told of what this client says. Nothing here is believed: it is looked at only to refuse what they would have to know
 * of.
 */
import type { ClusterNode } from '../cluster.ts';
import type { RequestOptions } from '../transport/transport.ts';
import { HistoryRefused } from './history-checks.ts';
import { decodeHistory } from './history-codec.ts';
import { isHistoryKey, SIGNATURE_AT, SIGNATURE_BYTES, type HistorySeal } from './history-seal.ts';

export interface StrangersSetup {
  readonly seals: readonly HistorySeal[];
  /**
   * Milliseconds since 1970: what was confirmed since then is acted on. Or as long ago as anything lives that was
   * written by it.
   */
  readonly since: number | 'while its records live';
  readonly now: number;
}

/** As much as a view may be acted on after it was last confirmed, whatever the options of others: an hour. */
const LONGEST_AGREEMENT_MS = 3_600_000;

/**
 * Whether somebody acts on a view with the node who keeps another history. `others`: where that may stand as well.
 * `ownKeys`: keys that clients keep on the node for themselves.
 */
export async function isUsedByStrangers(
  node: ClusterNode,
  others: readonly ClusterNode[],
  ownKeys: Iterable<string> | AsyncIterable<string>,
  { seals, since, now }: StrangersSetup,
  options: RequestOptions | undefined,
): Promise<boolean> {
  let found = false;
  for await (const key of ownKeys) {
    if (found || !isHistoryKey(key) || seals.some((seal) => seal.key === key)) continue;
    // In agreement, what is confirmed is told to one node at a time.
    for (const each of [node, ...others]) {
      const entry = await each.look(key, options).catch(() => undefined);
      found ||= entry?.kind === 'record' && namesNode(entry.value, key, node.id, since, now);
    }
  }
  return found;
}

function namesNode(bytes: Buffer, key: string, id: string, since: StrangersSetup['since'], now: number): boolean {
  const signature = bytes.subarray(SIGNATURE_AT, SIGNATURE_AT + SIGNATURE_BYTES);
  try {
    // Which nodes are named is all that is asked.
    const { history } = decodeHistory(bytes, { key, fenceKey: '', isSigned: false, sign: () => signature }, now, {
      copies: 1,
      distribution: '',
    });
    if (since === 'while its records live') {
      // By whatever names it goes: the history is on this machine.
      return [...history.views.values()].some(
        ({ confirmedAt, ttlSeconds }) => confirmedAt >= now - ttlSeconds * 1000 - LONGEST_AGREEMENT_MS,
      );
    }
    return [...history.views.values()].some(
      ({ confirmedAt, nodes }) => confirmedAt >= since && nodes.some((node) => node.id === id),
    );
  } catch (error) {
    // One of a later version, for all that is known: of what may be removed, nobody is passed over.
    if (error instanceof HistoryRefused) return since === 'while its records live';
    throw error;
  }
}
