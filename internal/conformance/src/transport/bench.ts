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

/** Generous: a test that wants a bound to bite sets it. */
export const OPTIONS: TransportOptions = {
  timeoutMs: 10_000,
  connectTimeoutMs: 10_000,
  tls: false,
  credentials: undefined,
  maxInFlight: 100_000,
  maxQueuedBytes: 256 * 1_048_576,
  maxValueBytes: 1_000_000,
};

/** A clock that starts with the computer's and can be put forward. */
export class TestClock {
  #aheadMs = 0;
  readonly now = (): number => Date.now() + this.#aheadMs;

  advanceSeconds(seconds: number): void {
    this.#aheadMs += seconds * 1_000;
  }
}

/** Clusters that a test is through with: to start their node anew costs a third of a cluster. */
const idle = new Map<Runtime, LocalCluster[]>();

/** One node, and transports opened to it. Ends what it started. */
export class Bench implements AsyncDisposable {
  readonly #subject: TransportSubject;
  readonly #cluster: LocalCluster;
  /** Without options of its own, so that the next test may have it. */
  readonly #isUsual: boolean;
  readonly #opened: OpenedTransport[] = [];
  #keys = 0;

  private constructor(subject: TransportSubject, cluster: LocalCluster, isUsual: boolean) {
    this.#subject = subject;
    this.#isUsual = isUsual;
    this.#cluster = cluster;
  }

  /** With a node that nobody else uses, newly started: whatever a test does to it, no other test sees it. */
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

  /** Ends the clusters that no test needs any more. */
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

  /** A key that no other test has, so that tests may share a node. */
  key(): string {
    this.#keys += 1;
    return `key-${this.#keys}`;
  }

  /** Takes an item away, as eviction does. */
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

/** A node's transport, and the events it has told. */
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

  /** Resolves when so many connections were lost, or not made, since the start. */
  async disconnections(count: number): Promise<void> {
    while (this.losses.length < count) await once(this.#events, 'disconnected');
  }

  [Symbol.dispose](): void {
    this.transport.destroy();
  }
}

/** What became of each, in order: the value, or the code of the error. */
export async function outcomes(promises: readonly Promise<unknown>[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((outcome) =>
    outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as { readonly code?: unknown }).code,
  );
}
