/** Ways to break what the client relies on, on purpose: a simulation that does not notice them proves nothing. */
import { TOMBSTONE_FLAGS } from '../../src/record.ts';
import type { NodeTransport, StoreAttributes, StoreMode, Transport } from '../../src/transport/transport.ts';

export type Mutation = 'blind set' | 'forgotten tombstone' | 'no history' | 'half-done write';
export const MUTATIONS: readonly Mutation[] = ['blind set', 'forgotten tombstone', 'no history', 'half-done write'];

/** A transport that does what `mutation` says, and tells the client that all is well. */
export function mutated(transport: Transport, mutation: Mutation | undefined): Transport {
  if (mutation === undefined) return transport;
  return {
    name: transport.name,
    open: (node, options, events) => {
      const inner = transport.open(node, options, events);
      const broken: NodeTransport = Object.create(inner, {
        store: { value: storeOf(mutation, inner) },
        get: {
          value: (key: string, requestOptions?: object) =>
            mutation === 'no history' && key.startsWith('@sess/')
              ? inner.get(`${key}/nobody`, requestOptions)
              : inner.get(key, requestOptions),
        },
      }) as NodeTransport;
      return bound(broken, inner);
    },
  };
}

/** Private fields live on the inner object: what is not replaced is called on it. */
function bound(broken: NodeTransport, inner: NodeTransport): NodeTransport {
  return {
    get: (key, options) => broken.get(key, options),
    store: (mode, key, value, attributes, options) => broken.store(mode, key, value, attributes, options),
    getAndTouch: (key, ttlSeconds, options) => inner.getAndTouch(key, ttlSeconds, options),
    touch: (key, ttlSeconds, options) => inner.touch(key, ttlSeconds, options),
    delete: (key, options) => inner.delete(key, options),
    keys: (options) => inner.keys?.(options) ?? empty(),
    probe: (options) => inner.probe(options),
    close: () => inner.close(),
    destroy: () => inner.destroy(),
  };
}

async function* empty(): AsyncGenerator<string> {
  // A node without keys.
}

function storeOf(mutation: Mutation, inner: NodeTransport): NodeTransport['store'] {
  return async (mode: StoreMode, key: string, value: Uint8Array, attributes: StoreAttributes, options) => {
    if (key.startsWith('@sess/')) return mutation === 'no history' ? 'stored' : inner.store(mode, key, value, attributes, options);
    switch (mutation) {
      case 'blind set':
        return inner.store('set', key, value, attributes, options);
      case 'forgotten tombstone':
        return attributes.flags === TOMBSTONE_FLAGS ? 'stored' : inner.store(mode, key, value, attributes, options);
      case 'half-done write':
        await inner.store(mode, key, value, attributes, options);
        return 'stored';
      case 'no history':
        return inner.store(mode, key, value, attributes, options);
    }
  };
}
