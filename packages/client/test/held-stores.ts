import type { NodeTransport, Transport } from '../src/transport/transport.ts';

/** A transport that holds back a store of one key on one node, and everything after it there, until `release`. */
export class HeldStores {
  readonly transport: Transport;
  /** The id of the node. */
  held: string | undefined;
  key = 'key';
  isReached = false;
  release: () => void = () => undefined;
  readonly #released: Promise<void> = new Promise((resolve) => (this.release = resolve));

  readonly #mode: 'add' | 'cas';

  /** @param mode of the store: `cas` replaces an item, `add` finds none */
  constructor(inner: Transport, mode: 'add' | 'cas' = 'cas') {
    this.#mode = mode;
    this.transport = { name: inner.name, open: (node, ...rest) => this.#holding(inner.open(node, ...rest), node.id) };
  }

  #holding(inner: NodeTransport, id: string): NodeTransport {
    const inOrder = async <T>(ask: () => Promise<T>): Promise<T> => {
      if (this.isReached && id === this.held) await this.#released;
      return ask();
    };
    return {
      ...bound(inner),
      get: (...asked) => inOrder(() => inner.get(...asked)),
      store: (mode, key, ...rest) => {
        this.isReached ||= id === this.held && key === this.key && (mode === 'add' ? mode : 'cas') === this.#mode;
        return inOrder(() => inner.store(mode, key, ...rest));
      },
      touch: (...asked) => inOrder(() => inner.touch(...asked)),
    };
  }
}

/** What a client needs of a transport, to be wrapped. */
export function bound(inner: NodeTransport): NodeTransport {
  return {
    get: (...asked) => inner.get(...asked),
    store: (...asked) => inner.store(...asked),
    touch: (...asked) => inner.touch(...asked),
    probe: (...asked) => inner.probe(...asked),
    close: () => inner.close(),
    destroy: () => inner.destroy(),
  };
}
