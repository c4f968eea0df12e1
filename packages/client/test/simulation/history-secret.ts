/** What all simulated processes sign the history with, where it is kept then, and what it says. */
import { decodeHistory } from '../../src/membership/history-codec.ts';
import { historySeals, type HistorySeal } from '../../src/membership/history-seal.ts';
import type { History } from '../../src/membership/history.ts';
import { decode } from '../../src/record.ts';
import type { VirtualNode } from './virtual-node.ts';

export const HISTORY_SECRET = 'the secret of all simulated processes';

const seal = historySeals([HISTORY_SECRET])[0] as HistorySeal;

export const HISTORY_KEY: string = seal.key;
export const FENCE_KEY: string = seal.fenceKey;

/** What the node remembers; `undefined` when it is nothing. */
export function historyOn(node: VirtualNode | undefined): History | undefined {
  const item = node?.get(HISTORY_KEY);
  if (node === undefined || item === undefined) return undefined;
  const entry = decode(
    { value: item.value, flags: item.flags, cas: { unique: item.unique, epoch: 0 }, ttlSeconds: undefined },
    node,
  );
  return entry.kind === 'record'
    ? decodeHistory(entry.value, seal, Infinity, { copies: 1, distribution: '' }).history
    : undefined;
}
