/** The simulated network, which may be slow, lossy or cut. Creates the transports of simulated clients. */
import { SessClientError } from '../../src/errors.ts';
import type {
  NodeTransport,
  RequestOptions,
  StoreAttributes,
  StoredItem,
  StoreMode,
  StoreOutcome,
  Transport,
  TransportEvents,
  TransportNode,
  TransportOptions,
} from '../../src/transport/transport.ts';
import { refused } from '../refused.ts';
import type { Random } from './random.ts';
import type { VirtualNode } from './virtual-node.ts';
import type { ProcessClock, VirtualTime } from './virtual-time.ts';

export interface NetworkConditions {
  /** One-way delay in milliseconds: mostly `usualDelayMs`, sometimes `slowDelayMs`. */
  readonly usualDelayMs: number;
  readonly slowDelayMs: number;
  readonly slowChance: number;
  /** A lost message breaks its connection. */
  readonly lossChance: number;
}

export const CALM: NetworkConditions = { usualDelayMs: 2, slowDelayMs: 2, slowChance: 0, lossChance: 0 };

export interface NetworkCounts {
  messages: number;
  slow: number;
  lost: number;
  timeouts: number;
  /** Replies after their timeout. */
  late: number;
  /** Compare-and-swaps that would have matched by number, but whose number is from an earlier connection. */
  reusedNumbers: number;
}

export class VirtualNetwork {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly nodes = new Map<string, VirtualNode>();
  readonly counts: NetworkCounts = { messages: 0, slow: 0, lost: 0, timeouts: 0, late: 0, reusedNumbers: 0 };
  /** `process node` pairs that are cut. */
  readonly cuts = new Set<string>();
  /** Nodes that are cut off from all processes. */
  readonly isolated = new Set<string>();
  conditions: NetworkConditions;
  #epoch = 0;

  constructor(time: VirtualTime, random: Random, conditions: NetworkConditions) {
    this.time = time;
    this.random = random;
    this.conditions = conditions;
  }

  /** The transport of one process. */
  transportOf(processName: string, clock: ProcessClock): Transport {
    return {
      name: 'virtual',
      open: (node: TransportNode, options: TransportOptions, events: TransportEvents) =>
        new VirtualConnection(this, processName, clock, node, options, events),
    };
  }

  nextEpoch(): number {
    this.#epoch += 1;
    return this.#epoch;
  }

  isCut(processName: string, nodeId: string): boolean {
    return this.isolated.has(nodeId) || (this.cuts.size > 0 && this.cuts.has(`${processName} ${nodeId}`));
  }

  /** The machine behind a name, and behind the address if the client knows one. */
  machine({ id, address }: TransportNode): VirtualNode | undefined {
    const node = this.nodes.get(id);
    return address === undefined || node?.address === address ? node : undefined;
  }

  /**
   * Delivers a request to its node, not before `earliest`. That settles no promise: see `quietly`. Returns the time of
   * arrival, or `undefined` if it was lost.
   */
  deliverToNode(earliest: number, arrive: () => void): number | undefined {
    const arrivesAt = this.#arrival(earliest);
    if (arrivesAt !== undefined) this.time.quietly(arrivesAt - this.time.now, arrive);
    return arrivesAt;
  }

  /**
   * Delivers a reply to its client, not before `earliest`. Returns the time of arrival, or `undefined` if it was lost.
   */
  deliverToClient(earliest: number, arrive: () => void): number | undefined {
    const arrivesAt = this.#arrival(earliest);
    if (arrivesAt !== undefined) this.time.at(arrivesAt - this.time.now, arrive);
    return arrivesAt;
  }

  #arrival(earliest: number): number | undefined {
    const delayMs = this.#delay();
    return delayMs === undefined ? undefined : Math.max(this.time.now + delayMs, earliest);
  }

  /** The delay of a message; `undefined` if it is lost. */
  #delay(): number | undefined {
    const { usualDelayMs, slowDelayMs, slowChance, lossChance } = this.conditions;
    this.counts.messages += 1;
    if (this.random.chance(lossChance)) {
      this.counts.lost += 1;
      return undefined;
    }
    const slow = this.random.chance(slowChance);
    if (slow) this.counts.slow += 1;
    return this.random.next() * (slow ? slowDelayMs : usualDelayMs);
  }
}

/**
 * One process's transport to one node. Requests and replies of one connection arrive in order, as with TCP. Pending
 * requests of a lost connection may still arrive, even after those of the next one.
 */
class VirtualConnection implements NodeTransport {
  readonly #network: VirtualNetwork;
  readonly #process: string;
  readonly #clock: ProcessClock;
  readonly #target: TransportNode;
  readonly #options: TransportOptions;
  readonly #events: TransportEvents;
  readonly #pending = new Set<(error: SessClientError) => void>();
  #epoch = 0;
  #generation = 0;
  #closed = false;
  /** Arrival times of the last request and the last reply of this connection. */
  #requestsUntil = -Infinity;
  #repliesUntil = -Infinity;

  constructor(
    network: VirtualNetwork,
    processName: string,
    clock: ProcessClock,
    target: TransportNode,
    options: TransportOptions,
    events: TransportEvents,
  ) {
    this.#network = network;
    this.#process = processName;
    this.#clock = clock;
    this.#target = target;
    this.#options = options;
    this.#events = events;
  }

  get(key: string, options?: RequestOptions): Promise<StoredItem | undefined> {
    return this.#request((node) => this.#item(node, key), options);
  }

  store(
    mode: StoreMode,
    key: string,
    value: Uint8Array,
    attributes: StoreAttributes,
    options?: RequestOptions,
  ): Promise<StoreOutcome> {
    const bytes = Buffer.from(value);
    return this.#request<StoreOutcome | 'full'>((node, epoch) => {
      if (typeof mode === 'object' && mode.cas.epoch !== epoch) {
        if (node.get(key)?.unique === mode.cas.unique) this.#network.counts.reusedNumbers += 1;
        return 'exists';
      }
      if (node.isFull) {
        if (mode === 'set') node.evict(key);
        return 'full';
      }
      return node.store(mode, key, bytes, attributes);
    }, options).then((outcome) => {
      if (outcome === 'full')
        throw new SessClientError('SESS_OUT_OF_MEMORY', 'out of memory storing object', { node: this.#target.id });
      return outcome;
    });
  }

  touch(key: string, ttlSeconds: number, options?: RequestOptions): Promise<{ readonly flags: number } | undefined> {
    return this.#request((node) => node.touch(key, ttlSeconds), options);
  }

  async *keys(options?: RequestOptions): AsyncGenerator<string> {
    yield* await this.#request((node) => node.keys(), options);
  }

  probe(options?: RequestOptions): Promise<string> {
    return this.#request(() => 'virtual', options);
  }

  async close(): Promise<void> {
    this.destroy();
  }

  destroy(): void {
    this.#closed = true;
    this.#failAll(new SessClientError('SESS_CLOSED', 'closed', { node: this.#target.id }));
  }

  #item(node: VirtualNode, key: string): StoredItem | undefined {
    const item = node.get(key);
    if (item === undefined) return undefined;
    return {
      value: item.value,
      flags: item.flags,
      cas: { unique: item.unique, epoch: this.#epoch },
      ttlSeconds: node.ttlOf(item),
    };
  }

  #request<T>(perform: (node: VirtualNode, epoch: number) => T, options: RequestOptions | undefined): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) {
        reject(new SessClientError('SESS_CLOSED', 'closed', { node: this.#target.id }));
        return;
      }
      options?.signal?.throwIfAborted();
      let settled = false;
      const settle = (conclude: () => void): void => {
        if (settled) {
          this.#network.counts.late += 1;
          return;
        }
        settled = true;
        cancel();
        this.#pending.delete(fail);
        conclude();
      };
      const fail = (error: SessClientError): void => settle(() => reject(error));
      const cancel = this.#clock.after(this.#options.timeoutMs, () => {
        this.#network.counts.timeouts += 1;
        fail(new SessClientError('SESS_TIMEOUT', 'no answer in time', { node: this.#target.id }));
      });
      this.#pending.add(fail);
      this.#send(perform, (answer) => settle(() => resolve(answer)));
    });
  }

  #send<T>(perform: (node: VirtualNode, epoch: number) => T, answer: (value: T) => void): void {
    const network = this.#network;
    if (network.isCut(this.#process, this.#target.id)) return;
    const sentUntil = network.deliverToNode(this.#requestsUntil, () => {
      const node = network.machine(this.#target);
      if (node === undefined || node.condition === 'crashed') {
        this.#toClient(() => this.#lost('connection refused', refused()));
        return;
      }
      if (this.#generation !== 0 && node.generation !== this.#generation) {
        this.#toClient(() => this.#lost('connection reset'));
        return;
      }
      const generation = node.generation;
      node.serve(() => {
        if (node.generation !== generation) return;
        const epoch = this.#connect(generation);
        const value = perform(node, epoch);
        if (network.isCut(this.#process, this.#target.id)) return;
        const repliedUntil = network.deliverToClient(this.#repliesUntil, () => {
          this.#clock.run(() => {
            if (this.#epoch === epoch && !this.#closed) answer(value);
          });
        });
        if (repliedUntil === undefined) this.#toClient(() => this.#lost('connection reset'));
        else this.#repliesUntil = repliedUntil;
      });
    });
    if (sentUntil === undefined) this.#toClient(() => this.#lost('connection reset'));
    else this.#requestsUntil = sentUntil;
  }

  /** Connects with the first request after the node started. */
  #connect(generation: number): number {
    if (this.#generation !== generation) {
      this.#generation = generation;
      this.#epoch = this.#network.nextEpoch();
      const epoch = this.#epoch;
      this.#toClient(() => {
        if (!this.#closed) this.#events.connected(epoch);
      });
    }
    return this.#epoch;
  }

  #lost(reason: string, cause?: Error): void {
    if (this.#closed) return;
    this.#generation = 0;
    this.#epoch = 0;
    this.#requestsUntil = -Infinity;
    this.#repliesUntil = -Infinity;
    const error = new SessClientError('SESS_CONNECTION', reason, { node: this.#target.id, cause });
    this.#failAll(error);
    this.#events.disconnected(error);
  }

  #failAll(error: SessClientError): void {
    for (const fail of this.#pending) fail(error);
  }

  #toClient(callback: () => void): void {
    this.#network.time.at(0, () => this.#clock.run(callback));
  }
}
