/** Deliberate faults in what the client relies on: a simulation that does not notice them proves nothing. */
import { TOMBSTONE_FLAGS } from '../../src/record.ts';
import type { NodeTransport, StoredItem, Transport, TransportNode } from '../../src/transport/transport.ts';
import type { Application } from './application.ts';
import { FENCE_KEY } from './history-secret.ts';

/** The operations that a broken transport replaces; it reports success to the client. */
type Break = (inner: NodeTransport, node: TransportNode, application: () => Application) => Partial<NodeTransport>;

const VERSION_OFFSET = 4;
const DAY_MS = 86_400_000;

const BREAKS = {
  /** Writes ignore what is stored. */
  'blind set': (inner) => ({
    store: (mode, key, ...rest) => inner.store(isOwn(key) ? mode : 'set', key, ...rest),
  }),
  /** A destroy stores no tombstone. */
  'forgotten tombstone': (inner) => ({
    store: (mode, key, value, attributes, options) =>
      attributes.flags === TOMBSTONE_FLAGS
        ? Promise.resolve('stored')
        : inner.store(mode, key, value, attributes, options),
  }),
  /** The cluster does not store its history. */
  'no history': (inner) => ({
    get: (key, options) => inner.get(isOwn(key) ? `${key}/nobody` : key, options),
    store: (mode, key, ...rest) => (isOwn(key) ? Promise.resolve('stored') : inner.store(mode, key, ...rest)),
  }),
  /** The fence token never changes. */
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
  /** Every write reports success, whatever its outcome. */
  'half-done write': (inner) => ({
    store: async (mode, key, ...rest) => {
      const outcome = await inner.store(mode, key, ...rest);
      return isOwn(key) ? outcome : 'stored';
    },
  }),
  /** Records are not written to the elders. */
  'stale elder': (inner, node, application) => ({
    store: (mode, key, ...rest) =>
      isElder(application, key, node.id) ? Promise.resolve('stored') : inner.store(mode, key, ...rest),
  }),
  /** Nodes list no keys, so rereplication does nothing but reports success. */
  'list that leaves everything out': () => ({ keys: noKeys }),
  /** Every record looks as if it was written after the agreement, and there is no rereplication. */
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

/** Applies `mutation` to a transport. */
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

/** Calls the operations that are not replaced on the inner object, which has the private fields. */
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

/** Whether the key is one of the client's own, which most mutations ignore. */
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
