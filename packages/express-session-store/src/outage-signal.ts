import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';
import type { ExternalStore } from '@sess/external-store';

type Client = ExternalStore['client'];

/** Published when a node of any client in this process changes its state. */
const NODE_CHANNEL = 'sess:client:node';

/**
 * Emits `disconnect` when every node of the cluster is down, and `connect` when one is up again. After `disconnect`,
 * express-session lets requests pass without a session.
 */
export class OutageSignal {
  readonly #client: Client;
  readonly #emitter: EventEmitter;
  #out = false;

  constructor(client: Client, emitter: EventEmitter) {
    this.#client = client;
    this.#emitter = emitter;
    subscribe(NODE_CHANNEL, this.#look);
  }

  stop(): void {
    unsubscribe(NODE_CHANNEL, this.#look);
  }

  readonly #look = (): void => {
    const states = [...this.#client.topology.states.values()];
    // A node that has not answered yet neither begins an outage nor ends one.
    const out = this.#out ? !states.includes('up') : states.length > 0 && states.every((state) => state === 'down');
    if (out === this.#out) return;
    this.#out = out;
    this.#tell(out ? 'disconnect' : 'connect');
  };

  /** Runs inside an event of the client: a listener that throws must not end the process during an outage. */
  #tell(event: 'disconnect' | 'connect'): void {
    try {
      this.#emitter.emit(event);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      process.emitWarning(`A listener of the store's event "${event}" failed: ${why}`, {
        type: 'SessWarning',
        code: 'SESS_LISTENER_FAILED',
      });
    }
  }
}
