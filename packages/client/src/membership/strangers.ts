/**
 * Detects clients that use a node under another `historySecret`, or under none: they have a history of their own and
 * don't see what this client publishes. Their history can't be verified, so it is only a reason to refuse operations
 * that they would have to see.
 */
import type { ClusterNode } from '../cluster.ts';
import type { RequestOptions } from '../transport/transport.ts';
import { HistoryRefused } from './history-checks.ts';
import { decodeHistory } from './history-codec.ts';
import { isHistoryKey, SIGNATURE_AT, SIGNATURE_BYTES, type HistorySeal } from './history-seal.ts';

export interface StrangersSetup {
  readonly seals: readonly HistorySeal[];
  /** A view confirmed since this time counts, milliseconds since 1970; or any view whose records may still live. */
  readonly since: number | 'while its records live';
  readonly now: number;
}

/** Longest time for which a view may be in use after its last confirmation, whatever the other clients' options. */
const LONGEST_AGREEMENT_MS = 3_600_000;

/**
 * Whether clients with another history act on a view with the node.
 *
 * @param others nodes that may hold that history as well
 * @param ownKeys the clients' own keys on the node
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
    // In agreement, a confirmation goes to only one node.
    for (const each of [node, ...others]) {
      const entry = await each.getEntry(key, options).catch(() => undefined);
      found ||= entry?.kind === 'record' && namesNode(entry.value, key, node.id, since, now);
    }
  }
  return found;
}

function namesNode(bytes: Buffer, key: string, id: string, since: StrangersSetup['since'], now: number): boolean {
  const signature = bytes.subarray(SIGNATURE_AT, SIGNATURE_AT + SIGNATURE_BYTES);
  try {
    // Only the names of nodes matter.
    const { history } = decodeHistory(bytes, { key, fenceKey: '', isSigned: false, sign: () => signature }, now, {
      copies: 1,
      distribution: '',
    });
    if (since === 'while its records live') {
      // Ignores the names: the history itself is on this machine.
      return [...history.views.values()].some(
        ({ confirmedAt, ttlSeconds }) => confirmedAt >= now - ttlSeconds * 1000 - LONGEST_AGREEMENT_MS,
      );
    }
    return [...history.views.values()].some(
      ({ confirmedAt, nodes }) => confirmedAt >= since && nodes.some((node) => node.id === id),
    );
  } catch (error) {
    // It may be of a later version: before records are removed, every stranger counts.
    if (error instanceof HistoryRefused) return since === 'while its records live';
    throw error;
  }
}
