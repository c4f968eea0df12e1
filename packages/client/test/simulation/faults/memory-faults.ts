/** Items that memcached loses, for lack of memory or by a flush. */
import { FENCE_KEY, HISTORY_KEY } from '../history-secret.ts';
import { CALM, type NetworkConditions } from '../virtual-network.ts';
import type { FaultScene, Strikes } from './fault-scene.ts';

/** Slow enough for other processes to notice a loss between two steps of a write. */
const SLOW: NetworkConditions = { ...CALM, usualDelayMs: 40 };
const SLOW_FOR_MS = 1_000;
const FLUSHES = 8;
const SHORTEST_FLUSH_MS = 60;

export const memoryFaults = {
  'history is evicted': evictHistory,
  'fence is evicted': evictFence,
  'a record is evicted': evictRecord,
  'node is flushed': flush,
  'node is flushed amid writes': flushAmidWrites,
  'node is flushed again and again': flushAgainAndAgain,
  'node is out of memory': fill,
} as const satisfies Strikes;

/** Evicts the history on one node, or on all. */
function evictHistory(scene: FaultScene): string {
  const { stage } = scene;
  const { random, listed, network } = stage;
  const ids = random.chance(0.5) ? listed : [random.pick(listed)];
  for (const id of ids) network.nodes.get(id)?.evict(HISTORY_KEY);
  return ids.join(' ');
}

function evictFence(scene: FaultScene): string {
  const { stage } = scene;
  const { random, listed, network } = stage;
  const id = random.pick(listed);
  network.nodes.get(id)?.evict(FENCE_KEY);
  return id;
}

/** Evicts a live record. An eviction of tombstones is not covered by the promises. */
function evictRecord(scene: FaultScene): string | undefined {
  const { stage, promises } = scene;
  const { random, listed, network, ledger } = stage;
  const node = network.nodes.get(random.pick(listed));
  const accounts = [...ledger.accounts.values()].filter(
    ({ key, destroying }) => !destroying && node?.get(key) !== undefined,
  );
  if (node === undefined || accounts.length === 0) return undefined;
  const { key } = random.pick(accounts);
  promises.lose(() => node.evict(key));
  return `${key} on ${node.id}`;
}

function flush(scene: FaultScene): string | undefined {
  const { stage, promises } = scene;
  const id = promises.loseableNode(1);
  const node = id === undefined ? undefined : stage.network.nodes.get(id);
  if (node === undefined) return undefined;
  promises.lose(() => node.flush());
  return node.id;
}

/** Some writes have reached this node, and not yet the next. */
function flushAmidWrites(scene: FaultScene, forMs: number): string | undefined {
  const { stage, promises, traffic } = scene;
  const { network, time } = stage;
  const id = promises.loseableNode(1);
  const node = id === undefined ? undefined : network.nodes.get(id);
  if (node === undefined) return undefined;
  const afterMs = forMs % 200;
  network.conditions = SLOW;
  traffic.crowd();
  time.at(afterMs, () => promises.lose(() => node.flush()));
  time.at(afterMs + 100, () => traffic.crowd());
  time.at(SLOW_FOR_MS, () => {
    network.conditions = stage.usualWeather;
  });
  return `${node.id} after ${afterMs} ms`;
}

/** The copies of one loss are being restored while the next one strikes. */
function flushAgainAndAgain(scene: FaultScene, forMs: number): string | undefined {
  const { stage, promises, traffic } = scene;
  const { network, time } = stage;
  const id = promises.loseableNode(1);
  const node = id === undefined ? undefined : network.nodes.get(id);
  if (node === undefined) return undefined;
  const everyMs = SHORTEST_FLUSH_MS + (forMs % 200);
  network.conditions = SLOW;
  for (let flushes = 0; flushes < FLUSHES; flushes += 1) {
    time.at(flushes * everyMs, () => {
      promises.lose(() => node.flush());
      traffic.crowd();
    });
  }
  time.at(FLUSHES * everyMs, () => {
    network.conditions = stage.usualWeather;
  });
  return `${node.id} every ${everyMs} ms`;
}

function fill(scene: FaultScene, forMs: number): string | undefined {
  const { stage, promises } = scene;
  const { random, listed, network, time } = stage;
  const node = network.nodes.get(random.pick(listed));
  if (node === undefined) return undefined;
  node.isFull = true;
  promises.allowSplit(forMs);
  time.at(forMs, () => {
    node.isFull = false;
  });
  return `${node.id} for ${forMs} ms`;
}
