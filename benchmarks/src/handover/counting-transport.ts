/** Counts a client's requests for its user's keys, and separately those for its own history. */
import { textTransport, type NodeTransport, type Transport } from '@sess/client';

export class CountingTransport implements Transport {
  readonly name = 'text';
  /** Requests for keys of the user. */
  requests = 0;
  /** Requests for the history. */
  own = 0;
  readonly #inner = textTransport();

  open(...args: Parameters<Transport['open']>): NodeTransport {
    const inner = this.#inner.open(...args);
    const count = (key: string): void => {
      if (key.startsWith('@sess/')) this.own += 1;
      else this.requests += 1;
    };
    return {
      get: (key, options) => (count(key), inner.get(key, options)),
      store: (mode, key, value, attributes, options) => (
        count(key),
        inner.store(mode, key, value, attributes, options)
      ),
      touch: (key, ttlSeconds, options) => (count(key), inner.touch(key, ttlSeconds, options)),
      keys: (options) => inner.keys?.(options) ?? nothing(),
      probe: (options) => inner.probe(options),
      close: () => inner.close(),
      destroy: () => inner.destroy(),
    };
  }
}

async function* nothing(): AsyncGenerator<string> {
  // Not used: the built-in transport lists keys.
}
