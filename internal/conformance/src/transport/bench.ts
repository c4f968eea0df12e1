import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import type { NodeTransport, TransportNode, TransportOptions } from '@sess/client';
import {
  startLocalCluster,
  type LocalCluster,
  type LocalClusterOptions,
  type LocalNode,
  type Runtime,
} from '@sess/local-cluster';
import type { TransportSubject } from './subject.ts';

/** Generous bounds: tests of a bound set their own. */
export const OPTIONS: TransportOptions = {
  timeoutMs: 10_000,
  connectTimeoutMs: 10_000,
  tls: false,
  credentials: undefined,
  maxInFlight: 100_000,
  maxQueuedBytes: 256 * 1_048_576,
  maxValueBytes: 1_000_000,
};

/** A clock that starts at the current time and can be advanced. */
export class TestClock {
  #aheadMs = 0;
  readonly now = (): number => Date.now() + this.#aheadMs;

  advanceSeconds(seconds: number): void {
    this.#aheadMs += seconds * 1_000;
  }
}

/** Clusters for reuse: restarting their node costs a third of starting a cluster. */
const idle = new Map<Runtime, LocalCluster[]>();

/** One node, and the transports opened to it. Disposing ends both. */
export class Bench implements AsyncDisposable {
  readonly #subject: TransportSubject;
  readonly #cluster: LocalCluster;
  /** Whether the cluster has default options, so that another test can reuse it. */
  readonly #isUsual: boolean;
  readonly #opened: OpenedTransport[] = [];
  #keys = 0;

  private constructor(subject: TransportSubject, cluster: LocalCluster, isUsual: boolean) {
    this.#subject = subject;
    this.#isUsual = isUsual;
    this.#cluster = cluster;
  }

  /** Starts with a fresh node that no other test uses. */
  static async start(subject: TransportSubject, options?: LocalClusterOptions): Promise<Bench> {
    const cluster = options === undefined ? idle.get(subject.runtime)?.pop() : undefined;
    if (cluster === undefined) {
      return new Bench(
        subject,
        await startLocalCluster({ nodes: 1, runtime: subject.runtime, ...options }),
        options === undefined,
      );
    }
    const bench = new Bench(subject, cluster, true);
    await bench.restart();
    return bench;
  }

  /** Closes the clusters kept for reuse. */
  static async end({ runtime }: TransportSubject): Promise<void> {
    await Promise.all((idle.get(runtime)?.splice(0) ?? []).map((cluster) => cluster.close()));
  }

  get node(): LocalNode {
    const [node] = this.#cluster.nodes;
    if (node === undefined) throw new Error('the cluster has lost its only node');
    return node;
  }

  open(options: Partial<TransportOptions> = {}, node: Partial<TransportNode> = {}): OpenedTransport {
    const { id, host, port } = this.node;
    const opened = new OpenedTransport(this.#subject, { id, host, port, ...node }, { ...OPTIONS, ...options });
    this.#opened.push(opened);
    return opened;
  }

  /** A new key, because tests share a node. */
  key(): string {
    this.#keys += 1;
    return `key-${this.#keys}`;
  }

  /** Removes an item, as an eviction does. */
  async remove(key: string): Promise<void> {
    const socket = connect(this.node.port, this.node.host).setEncoding('latin1');
    socket.write(`delete ${key}\r\n`);
    const [reply] = (await once(socket, 'data')) as [string];
    socket.destroy();
    if (reply !== 'DELETED\r\n') throw new Error(`expected the node to delete ${key}; it said ${reply}`);
  }

  crash(): Promise<void> {
    return this.#cluster.crashNode(this.node.id);
  }

  restart(): Promise<void> {
    return this.#cluster.restartNode(this.node.id);
  }

  pause(): Promise<void> {
    return this.#cluster.pauseNode(this.node.id);
  }

  resume(): Promise<void> {
    return this.#cluster.resumeNode(this.node.id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { transport } of this.#opened) transport.destroy();
    if (this.#isUsual) idle.set(this.#subject.runtime, [...(idle.get(this.#subject.runtime) ?? []), this.#cluster]);
    else await this.#cluster.close();
  }
}

/** A node's transport, and the events it emitted. */
export class OpenedTransport implements Disposable {
  readonly transport: NodeTransport;
  readonly epochs: number[] = [];
  readonly losses: Error[] = [];
  readonly #events: EventEmitter = new EventEmitter();

  constructor({ transport }: TransportSubject, node: TransportNode, options: TransportOptions) {
    this.transport = transport.open(node, Object.freeze(options), {
      connected: (epoch) => {
        this.epochs.push(epoch);
        this.#events.emit('connected');
      },
      disconnected: (error) => {
        this.losses.push(error);
        this.#events.emit('disconnected');
      },
    });
  }

  /** Resolves when `count` connections were lost or failed since the start. */
  async disconnections(count: number): Promise<void> {
    while (this.losses.length < count) await once(this.#events, 'disconnected');
  }

  [Symbol.dispose](): void {
    this.transport.destroy();
  }
}

/** The outcome of each promise, in order: its value, or the code of its error. */
export async function outcomes(promises: readonly Promise<unknown>[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((outcome) =>
    outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as { readonly code?: unknown }).code,
  );
}
