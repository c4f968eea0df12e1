/** Logs what every node holds and every process believes, for the reader of a failure. */
import { HISTORY_KEY } from './history-secret.ts';
import { isTombstone } from './node-invariants.ts';
import type { Stage } from './stage.ts';
import { EPOCH_MS } from './virtual-time.ts';

/** Header sizes of a record and of a history, in bytes. */
const RECORD_HEADER = 16;
const HISTORY_HEADER = 36;

export function describe(stage: Stage): void {
  const { network, ledger, applications } = stage;
  for (const node of network.nodes.values()) {
    const history = node
      .get(HISTORY_KEY)
      ?.value.subarray(RECORD_HEADER + HISTORY_HEADER)
      .toString();
    // Omits the common prefix of the times.
    const short = history?.replaceAll(String(EPOCH_MS).slice(0, 4), '') ?? 'nothing';
    stage.note(() => `  ${node.id} ${node.condition} remembers ${short}`);
  }
  for (const key of ledger.accounts.keys()) {
    for (const node of network.nodes.values()) {
      const item = node.get(key);
      if (item === undefined) continue;
      const what = isTombstone(item.value) ? 'tombstone' : item.value.subarray(RECORD_HEADER).toString();
      const version = item.value.readUIntBE(4, 6) - EPOCH_MS;
      stage.note(
        () => `  ${node.id} ${node.condition} holds ${key}: version ${version} ${what}, ends ${item.expiresAt}`,
      );
    }
    for (const { name, client } of applications) {
      const { owners, elders, mode } = client.explain(key);
      stage.note(() => `  ${name} ${key}: ${mode}, owners ${owners.join(' ')}, elders ${elders.join(' ')}`);
    }
  }
  for (const { name, listed } of applications)
    stage.note(() => `  ${name} is told ${listed.map(({ id }) => id).join(' ')}`);
}
