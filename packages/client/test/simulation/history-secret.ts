/** The secret that signs the simulated history, its keys, and its contents on a node. */
import { HistoryRefused } from '../../src/membership/history-checks.ts';
import { historySeals, type HistorySeal } from '../../src/membership/history-seal.ts';
import type { History } from '../../src/membership/history.ts';
import { decode } from '../../src/record.ts';
import { decodeHistory } from '../decoded-history.ts';
import type { VirtualNode } from './virtual-node.ts';

export const HISTORY_SECRET = 'the secret of all simulated processes';

const seal = historySeals([HISTORY_SECRET])[0] as HistorySeal;

export const HISTORY_KEY: string = seal.key;
export const FENCE_KEY: string = seal.fenceKey;

/** The history on a node; `undefined` if there is none that clients can read. */
export function historyOn(node: VirtualNode | undefined): History | undefined {
  const item = node?.get(HISTORY_KEY);
  if (node === undefined || item === undefined) return undefined;
  const entry = decode(
    { value: item.value, flags: item.flags, cas: { unique: item.unique, epoch: 0 }, ttlSeconds: undefined },
    node,
  );
  return entry.kind === 'record' ? readable(entry.value) : undefined;
}

function readable(bytes: Buffer): History | undefined {
  try {
    return decodeHistory(bytes, seal, Infinity, { copies: 1, distribution: '' }).history;
  } catch (error) {
    if (error instanceof HistoryRefused) return undefined;
    throw error;
  }
}
