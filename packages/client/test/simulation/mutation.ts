/** Ways to break what the client relies on, on purpose: a simulation that does not notice them proves nothing. */
import { TOMBSTONE_FLAGS } from '../../src/record.ts';
import type { NodeTransport, StoredItem, Transport, TransportNode } from '../../src/transport/transport.ts';
import type { Application } from './application.ts';
import { FENCE_KEY } from './history-secret.ts';

/** What a broken transport does otherwise than the real one; the client is told that all is well. */
type Break = (inner: NodeTransport, node: TransportNode, application: () => Application) => Partial<NodeTransport>;

const VERSION_OFFSET = 4;
const DAY_MS = 86_400_000;

const BREAKS = {
  /** A write without looking at what is there. */
  'blind set': (inner) => ({
    store: (mode, key, ...rest) => inner.store(isOwn(key) ? mode : 'set', key, ...rest),
  }),
  /** A destruction that leaves nothing behind. */
  'forgotten tombstone': (inner) => ({
    store: (mode, key, value, attributes, options) =>
      attributes.flags === TOMBSTONE_FLAGS
        ? Promise.resolve('stored')
        : inner.store(mode, key, value, attributes, options),
  }),
  /** The cluster does not remember its own changes. */
  'no history': (inner) => ({
    get: (key, options) => inner.get(isOwn(key) ? `${key}/nobody` : key, options),
    store: (mode, key, ...rest) => (isOwn(key) ? Promise.resolve('stored') : inner.store(mode, key, ...rest)),
  }),
  /** What a node shows to writers never changes. */
  'fence that stands still': (inner) => {
    let first: StoredItem | undefined;
    return {
      get: async (key, options) => {
        const item = await inner.get(key, options);
        if (key !== FENCE_KEY) return item;
        first ??= item;
        return first;
      },
    };
  },
  /** Whatever came of a write, it is called done. */
  'half-done write': (inner) => ({
    store: async (mode, key, ...rest) => {
      const outcome = await inner.store(mode, key, ...rest);
      return isOwn(key) ? outcome : 'stored';
    },
  }),
  /** What is carried or written to its owner is not written to the elders. */
  'stale elder': (inner, node, application) => ({
    store: (mode, key, ...rest) =>
      isElder(application, key, node.id) ? Promise.resolve('stored') : inner.store(mode, key, ...rest),
  }),
  /** Copies are called restored that were never looked for. */
  'list that leaves everything out': () => ({ keys: noKeys }),
  /** Every record looks as if it was written after the agreement, and nothing is refilled in the background. */
  'no doubt': (inner) => ({
    keys: noKeys,
    get: async (key, options) => {
      const item = await inner.get(key, options);
      return item === undefined || isOwn(key) ? item : fromTomorrow(item);
    },
  }),
} as const satisfies Readonly<Record<string, Break>>;

export type Mutation = keyof typeof BREAKS;
export const MUTATIONS = Object.keys(BREAKS) as readonly Mutation[];

/** A transport that does what `mutation` says. */
export function mutated(
  transport: Transport,
  mutation: Mutation | undefined,
  application: () => Application,
): Transport {
  if (mutation === undefined) return transport;
  const broken: Break = BREAKS[mutation];
  return {
    name: transport.name,
    open: (node, options, events) => {
      const inner = transport.open(node, options, events);
      return { ...bound(inner), ...broken(inner, node, application) };
    },
  };
}

/** Private fields live on the inner object: what is not replaced is called on it. */
function bound(inner: NodeTransport): NodeTransport {
  return {
    get: (key, options) => inner.get(key, options),
    store: (mode, key, value, attributes, options) => inner.store(mode, key, value, attributes, options),
    touch: (key, ttlSeconds, options) => inner.touch(key, ttlSeconds, options),
    keys: (options) => inner.keys?.(options) ?? noKeys(),
    probe: (options) => inner.probe(options),
    close: () => inner.close(),
    destroy: () => inner.destroy(),
  };
}

async function* noKeys(): AsyncGenerator<string> {
  // A node without keys.
}

/** Keys of the client's own are left alone. */
function isOwn(key: string): boolean {
  return key.startsWith('@sess/');
}

function isElder(application: () => Application, key: string, id: string): boolean {
  return !isOwn(key) && application().client.explain(key).elders.includes(id);
}

function fromTomorrow(item: StoredItem): StoredItem {
  const value = Buffer.from(item.value);
  value.writeUIntBE(value.readUIntBE(VERSION_OFFSET, 6) + DAY_MS, VERSION_OFFSET, 6);
  return { ...item, value };
}
