import { EventEmitter, once } from 'node:events';
import type { NodeTransport, TransportNode, TransportOptions } from '@sess/client';
import type { ConnectionSettings } from '../src/reconnecting-connection.ts';
import { MemjsNode } from '../src/memjs-node.ts';
import { OpaqueSequence } from '../src/opaque-sequence.ts';

const OPTIONS: TransportOptions = {
  timeoutMs: 5_000,
  connectTimeoutMs: 5_000,
  tls: false,
  credentials: undefined,
  maxInFlight: 10_000,
  maxQueuedBytes: 16 * 1_048_576,
  maxValueBytes: 1_000_000,
};

/** A transport to one node, with the events it has told. */
export class OpenedNode implements Disposable {
  readonly node: NodeTransport;
  readonly epochs: number[] = [];
  readonly losses: Error[] = [];
  readonly #events: EventEmitter = new EventEmitter();

  constructor(
    node: Partial<TransportNode>,
    options: Partial<TransportOptions> = {},
    settings: Partial<ConnectionSettings> = {},
  ) {
    const { host = '127.0.0.1', port = 0 } = node;
    this.node = new MemjsNode(
      { id: `${host}:${port}`, host, port, ...node },
      { ...OPTIONS, ...options },
      {
        connected: (epoch) => {
          this.epochs.push(epoch);
          this.#events.emit('connected');
        },
        disconnected: (error) => {
          this.losses.push(error);
          this.#events.emit('disconnected');
        },
      },
      { reconnect: { minMs: 1, maxMs: 20 }, random: Math.random, opaques: new OpaqueSequence(), ...settings },
    );
  }

  /** Resolves when so many connections have stood since the start. */
  async connections(count: number): Promise<void> {
    while (this.epochs.length < count) await once(this.#events, 'connected');
  }

  /** Resolves when so many connections were lost, or not made, since the start. */
  async disconnections(count: number): Promise<void> {
    while (this.losses.length < count) await once(this.#events, 'disconnected');
  }

  [Symbol.dispose](): void {
    this.node.destroy();
  }
}
