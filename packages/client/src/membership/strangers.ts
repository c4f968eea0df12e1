/**
 * Detects clients that use a node under another `historySecret`, or under none: they have a history of their own and
 * don't see what this client publishes. Their history can't be verified, so it is only a reason to refuse operations
 * that they would have to see.
 */
import type { ClusterNode } from '../cluster.ts';
import type { RequestOptions } from '../transport/transport.ts';
import { contentOf, partsOf } from './history-bytes.ts';
import { HistoryRefused, MAX_AHEAD_MS, type ViewUse } from './history-checks.ts';
import { isHistoryKey, type HistorySeal } from './history-seal.ts';
import { usesInPlainViews } from './plain-views.ts';
import { usesInTable } from './view-table.ts';

export interface StrangersSetup {
  readonly seals: readonly HistorySeal[];
  /** A view confirmed since this time counts, milliseconds since 1970; or any view whose records may still live. */
  readonly since: number | 'while its records live';
  readonly now: number;
}

/** Longest time for which a view may be in use after its last confirmation, whatever the other clients' options. */
const LONGEST_AGREEMENT_MS = 3_600_000;
/**
 * Most histories, and most bytes of them, to look at: anyone who can write to a node can write histories. A node with
 * more counts as used.
 */
const MAX_HISTORIES = 64;
const MAX_BYTES: number = 256 * 1024 * 1024;

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
  let isUsed = false;
  let [histories, bytes] = [0, 0];
  for await (const key of ownKeys) {
    // Reads the list to its end, because an abandoned one costs the connection.
    if (isUsed || !isHistoryKey(key) || seals.some((seal) => seal.key === key)) continue;
    histories += 1;
    let last: Buffer | undefined;
    // In agreement, a confirmation goes to only one node.
    for (const each of [node, ...others]) {
      isUsed ||= histories > MAX_HISTORIES || bytes > MAX_BYTES;
      if (isUsed) break;
      const entry = await each.getEntry(key, options).catch(() => undefined);
      if (entry?.kind !== 'record') continue;
      bytes += entry.value.length;
      // Most nodes hold the same one.
      if (last?.equals(entry.value) !== true) isUsed = namesNode(entry.value, node.id, since, now);
      last = entry.value;
    }
  }
  return isUsed;
}

function namesNode(bytes: Buffer, id: string, since: StrangersSetup['since'], now: number): boolean {
  try {
    const uses = usesIn(bytes, id, now + MAX_AHEAD_MS);
    if (since === 'while its records live') {
      // Ignores the names: the history itself is on this machine.
      return uses.some(({ confirmedAt, ttlSeconds }) => confirmedAt >= now - ttlSeconds * 1000 - LONGEST_AGREEMENT_MS);
    }
    return uses.some(({ confirmedAt, namesNode: isNamed }) => confirmedAt >= since && isNamed);
  } catch (error) {
    // It may be of a later version: before records are removed, every stranger counts.
    if (error instanceof HistoryRefused) return since === 'while its records live';
    throw error;
  }
}

/** Only what matters here, so that a history that nobody can verify costs little. */
function usesIn(bytes: Buffer, id: string, latest: number): readonly ViewUse[] {
  const { isTable, json } = partsOf(bytes);
  return (isTable ? usesInTable : usesInPlainViews)(contentOf(json), id, latest);
}
