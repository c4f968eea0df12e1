/** An application process: a real client, a list of nodes from the parent, and orders from the parent. */
import { createClient, SessClientError, type Client } from '@sess/client';
import type { ClusterNode, Discovery, TopologyListener } from '@sess/discovery';
import type { Answer, ClientSettings, Message, Order, Report } from './orders.ts';

/** Attempts to merge and save a change after conflicts. */
const MAX_MERGES = 8;
/** Answers are sent in batches: a message for each would cost more than the request. */
const TELL_EVERY_MS = 5;

class ToldDiscovery implements Discovery {
  #nodes: readonly ClusterNode[];
  #listener: TopologyListener | undefined;

  constructor(nodes: readonly ClusterNode[]) {
    this.#nodes = nodes;
  }

  watch(listener: TopologyListener): ReturnType<Discovery['watch']> {
    this.#listener = listener;
    const first = { nodes: this.#nodes };
    queueMicrotask(() => listener.topology(first));
    return { ready: () => Promise.resolve(first), refresh: () => Promise.resolve(), close: () => undefined };
  }

  tell(nodes: readonly ClusterNode[]): void {
    this.#nodes = nodes;
    this.#listener?.topology({ nodes });
  }
}

let client: Client | undefined;
let discovery: ToldDiscovery | undefined;
let ttlSeconds = 0;
let answers: Answer[] = [];

process.on('message', (message: Message) => {
  if (message.kind === 'open') open(message.settings, message.nodes);
  else if (message.kind === 'list') discovery?.tell(message.nodes);
  else if (message.kind === 'drain') drain(message.nodeId);
  else for (const order of message.orders) carryOut(order);
});
// The parent is gone.
process.on('disconnect', () => process.exit());

/** Shared by all applications of a ledger. */
const HISTORY_SECRET = 'what all applications of this ledger have';

function open(settings: ClientSettings, nodes: readonly ClusterNode[]): void {
  const { copies, timeoutMs, historyIntervalMs, clockSkewMs } = settings;
  ttlSeconds = settings.ttlSeconds;
  discovery = new ToldDiscovery(nodes);
  client = createClient({
    discovery,
    copies,
    timeoutMs,
    historyIntervalMs,
    handover: { clockSkewMs },
    historySecret: HISTORY_SECRET,
  });
  client.ready().then(tellReady, tellReady);
}

function drain(nodeId: string): void {
  opened()
    .drain(nodeId, { keysPerSecond: 20_000 })
    .then(
      ({ keys }) => tell({ kind: 'drained', keys, error: undefined }),
      (error: unknown) => tell({ kind: 'drained', keys: 0, error: String(error) }),
    );
}

function carryOut(order: Order): void {
  const startedAt = performance.now();
  const answer = (outcome: Omit<Answer, 'number' | 'durationMs'>): void => {
    if (answers.length === 0) setTimeout(tellAnswers, TELL_EVERY_MS);
    answers.push({ number: order.number, durationMs: performance.now() - startedAt, ...outcome });
  };
  work(order).then(
    (found) => answer({ found, code: undefined, message: undefined, timedOut: false }),
    (error: unknown) => {
      const code = SessClientError.is(error) ? error.code : 'UNEXPECTED';
      answer({ found: null, code, message: String(error), timedOut: isTimeout(error) });
    },
  );
}

async function work({ work: what, key, change }: Order): Promise<readonly number[] | null> {
  switch (what) {
    case 'create':
      await opened().set(key, String(change), { ttlSeconds, expect: 'absent' });
      return [];
    case 'change':
      return merge(key, change);
    case 'read':
      return changesIn((await opened().get(key))?.value);
    case 'touch':
      await opened().touch(key, ttlSeconds);
      return null;
    case 'destroy':
      await opened().delete(key, { ttlSeconds });
      return null;
  }
}

/** Saves like a session: reads again after a conflict, and keeps the other process's changes. */
async function merge(key: string, change: number): Promise<readonly number[] | null> {
  for (let attempt = 1; ; attempt += 1) {
    const record = await opened().get(key);
    const found = changesIn(record?.value);
    if (record === undefined || found === null) return null;
    try {
      await opened().set(key, [...found, change].join(','), { ttlSeconds, expect: record });
      return found;
    } catch (error) {
      if (attempt === MAX_MERGES || !SessClientError.is(error) || error.code !== 'SESS_CONFLICT') throw error;
    }
  }
}

function isTimeout(error: unknown): boolean {
  return SessClientError.is(error) && (error.code === 'SESS_TIMEOUT' || isTimeout(error.cause));
}

function changesIn(value: Buffer | undefined): readonly number[] | null {
  return value === undefined ? null : value.toString().split(',').map(Number);
}

function opened(): Client {
  if (client === undefined) throw new Error('the client was not opened');
  return client;
}

function tellAnswers(): void {
  tell({ kind: 'answers', answers });
  answers = [];
}

function tellReady(): void {
  tell({ kind: 'ready' });
}

function tell(report: Report): void {
  if (process.connected) process.send?.(report);
}
