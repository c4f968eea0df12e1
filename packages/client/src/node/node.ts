import { beginWork, endWork } from '@sess/working-time';
import { deadline, type CancelTimer, type Clock } from '../clock.ts';
import type { CacheRecord, NodeHealth } from '../contract.ts';
import { foreignItemChannel, nodeChannel, requestChannel, type RequestMessage } from '../diagnostics.ts';
import { SessClientError } from '../errors.ts';
import { decode, type Entry } from '../record.ts';
import { isRefusal } from './refusal.ts';
import { RESERVED_PREFIX } from '../transport/key-check.ts';
import type {
  NodeTransport,
  RequestOptions,
  StatsSection,
  StoreAttributes,
  StoredItem,
  StoreMode,
  StoreOutcome,
  Transport,
  TransportNode,
  TransportOptions,
} from '../transport/transport.ts';
import { Breaker, type BreakerOptions, type BreakerState, blamesNode, codeOf } from './breaker.ts';
import { Fence, type TokenReader } from './fence.ts';
import { watchName, type NameWatch } from './name-watch.ts';
import { hitOrMiss, observed } from './observed.ts';
import { Prober, type ProberOptions } from './prober.ts';
import { unreachable } from './unreachable.ts';

/** What every node of a client shares. */
export interface NodeSetup {
  readonly transport: Transport;
  readonly transportOptions: TransportOptions;
  readonly breaker: BreakerOptions;
  readonly prober: ProberOptions;
  readonly clock: Clock;
  readonly random: () => number;
  /** Keys of the fence tokens. */
  readonly fenceKeys: readonly string[];
  /** A node failed: the topology may have changed. */
  readonly onTrouble: () => void;
  /** A node's state changed, or one that was down before refuses connections now. */
  readonly onStateChange: () => void;
  /** A node's connection was lost, or re-established before the node was ejected. */
  readonly onInterruption: () => void;
  /** The name of a node that does not answer resolves to another machine. */
  readonly onMoved: (node: Node) => void;
}

/** Continues a read after a miss on `owner`: other nodes may have the key. */
export type Missed = (
  key: string,
  owner: string,
  options: RequestOptions | undefined,
) => Promise<CacheRecord | undefined>;

/**
 * One memcached node: its transport, breaker and prober. Reads and writes records; the caller has checked keys and
 * numbers.
 *
 * A request adds one promise to the transport's. Callbacks are created once per node; only `get` needs a closure, for
 * its key.
 */
export class Node {
  readonly id: string;
  readonly target: TransportNode;
  readonly fence: Fence;
  readonly #setup: NodeSetup;
  readonly #breaker: Breaker;
  readonly #prober: Prober;
  /** Absent for a node with an address or a Unix socket, and if the transport can't look names up. */
  readonly #nameWatch: NameWatch | undefined;
  readonly #transport: NodeTransport;
  readonly #asRecord: (item: StoredItem | undefined) => CacheRecord | undefined;
  readonly #asEntry: (item: StoredItem | undefined) => Entry | undefined;
  readonly #asAnswer: <T>(answer: T) => T;
  readonly #asFailure: (error: unknown) => never;
  #epoch = 0;
  #pending = 0;
  #since: number;
  #leaving = false;
  #refusalReported = false;
  #closing: Promise<void> | undefined;

  constructor(target: TransportNode, setup: NodeSetup) {
    this.id = target.id;
    this.target = target;
    this.#setup = setup;
    this.fence = new Fence(target.id, setup.fenceKeys, this.#token);
    this.#since = setup.clock.now();
    this.#breaker = new Breaker(setup.breaker, () => setup.clock.elapsed(), this.#stateChanged);
    this.#prober = new Prober(
      this.#breaker,
      () => this.#transport.probe(),
      () => this.#probeFailed(),
      setup.clock,
      setup.random,
      setup.prober,
    );
    this.#asRecord = (item) => {
      this.#answered();
      return item === undefined ? undefined : this.#liveRecord(item);
    };
    this.#asEntry = (item) => {
      this.#answered();
      return item === undefined ? undefined : decode(item, this.fence.period);
    };
    this.#asAnswer = (answer) => {
      this.#answered();
      return answer;
    };
    this.#asFailure = (error) => this.#fail(error);
    this.#transport = setup.transport.open(target, setup.transportOptions, {
      connected: (epoch) => {
        this.#epoch = epoch;
        this.#breaker.connected();
      },
      disconnected: (error) => this.#breaker.disconnected(error),
      forgotten: (error) => this.#breaker.forgotten(error),
    });
    this.#prober.start();
    this.#nameWatch = watchName(target, setup, () => setup.onMoved(this));
    // Beside the first probe, whose connection looks up the same name.
    this.#nameWatch?.start();
  }

  /** The record under `key`. For anything else (a tombstone, a foreign item, a miss), the result of `missed`. */
  get(key: string, options: RequestOptions | undefined, missed: Missed): Promise<CacheRecord | undefined> {
    if (this.#breaker.state === 'down') return this.#refuse();
    this.#begun();
    const item = this.#transport.get(key, options);
    if (requestChannel.hasSubscribers) return this.#getObserved(item, key, options, missed);
    return item.then((found) => this.#asRecord(found) ?? missed(key, this.id, options), this.#asFailure);
  }

  /** The entry under `key`, of any kind. */
  getEntry(key: string, options: RequestOptions | undefined): Promise<Entry | undefined> {
    if (this.#breaker.state === 'down') return this.#refuse();
    this.#begun();
    const answer = this.#transport.get(key, options).then(this.#asEntry, this.#asFailure);
    return requestChannel.hasSubscribers ? this.#observed('get', answer, hitOrMiss) : answer;
  }

  store(
    mode: StoreMode,
    key: string,
    bytes: Buffer,
    attributes: StoreAttributes,
    options: RequestOptions | undefined,
  ): Promise<StoreOutcome> {
    if (this.#breaker.state === 'down') return this.#refuse();
    this.#begun();
    const answer: Promise<StoreOutcome> = this.#transport
      .store(mode, key, bytes, attributes, options)
      .then(this.#asAnswer, this.#asFailure);
    return requestChannel.hasSubscribers ? this.#observed('store', answer, (outcome) => outcome) : answer;
  }

  /**
   * Sets a new time to live for the item under `key`, of any kind. Resolves to its client flags, or `undefined` for a
   * miss.
   */
  touch(
    key: string,
    ttlSeconds: number,
    options: RequestOptions | undefined,
  ): Promise<{ readonly flags: number } | undefined> {
    if (this.#breaker.state === 'down') return this.#refuse();
    this.#begun();
    const answer: Promise<{ readonly flags: number } | undefined> = this.#transport
      .touch(key, ttlSeconds, options)
      .then(this.#asAnswer, this.#asFailure);
    return requestChannel.hasSubscribers ? this.#observed('touch', answer, hitOrMiss) : answer;
  }

  /** The live keys on the node: the callers', or the clients' own. */
  async *keys(whose: 'callers' | 'clients', options: RequestOptions | undefined): AsyncGenerator<string> {
    if (this.#breaker.state === 'down') await this.#refuse();
    if (this.#transport.keys === undefined) throw this.#unsupported("can't list keys: use the built-in one");
    const isWanted = whose === 'clients';
    const keys = this.#transport.keys(isWanted ? { ...options, prefix: RESERVED_PREFIX } : options);
    for await (const key of keys) if (key.startsWith(RESERVED_PREFIX) === isWanted) yield key;
  }

  /** The node's statistics; rejects if the node or its transport does not support them. */
  async stats(section: StatsSection): Promise<ReadonlyMap<string, string>> {
    if (this.#breaker.state === 'down') return this.#refuse();
    if (this.#transport.stats === undefined) throw this.#unsupported("can't ask for statistics");
    return this.#transport.stats(section);
  }

  /** Probes the node now, even if it is ejected. Resolves to whether it answers. */
  probeNow(): Promise<boolean> {
    return this.#prober.probeNow();
  }

  /** Number of the current or last connection. */
  get epoch(): number {
    return this.#epoch;
  }

  get state(): BreakerState {
    return this.#breaker.state;
  }

  /** Requests without an answer yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Reports `suspect` as `up`: reconnecting is not an outage. */
  get health(): NodeHealth {
    const state = this.#breaker.state;
    return state === 'suspect' ? 'up' : state;
  }

  /** Whether connections to the node fail instead of waiting: then a probe soon shows whether the node is back. */
  get failsAtOnce(): boolean {
    return codeOf(this.#breaker.cause) === 'SESS_CONNECTION';
  }

  /** Whether nothing listens at the node's address: then no client reaches it. */
  get refuses(): boolean {
    return isRefusal(this.#breaker.cause);
  }

  /** Why the node is not up. */
  get cause(): Error | undefined {
    return this.#breaker.cause;
  }

  /**
   * The node left the topology: pending requests may finish within `shutdownTimeoutMs`; the rest reject with
   * `SESS_UNAVAILABLE`.
   */
  retire(shutdownTimeoutMs: number): Promise<void> {
    this.#leaving = true;
    return this.close(shutdownTimeoutMs);
  }

  get retired(): boolean {
    return this.#leaving;
  }

  /** Waits for pending requests, at most `shutdownTimeoutMs`, then ends timers and sockets. Idempotent. */
  close(shutdownTimeoutMs: number): Promise<void> {
    this.#closing ??= this.#end(shutdownTimeoutMs);
    return this.#closing;
  }

  /** Rejects pending requests with `SESS_CLOSED` and ends timers and sockets. Idempotent. */
  destroy(): void {
    this.#leaving = false;
    this.#closing ??= Promise.resolve();
    this.#prober.stop();
    this.#nameWatch?.stop();
    this.#transport.destroy();
  }

  async #end(shutdownTimeoutMs: number): Promise<void> {
    this.#prober.stop();
    this.#nameWatch?.stop();
    let cancel: CancelTimer | undefined;
    const graceIsOver = new Promise<void>((resolve) => {
      cancel = deadline(this.#setup.clock, shutdownTimeoutMs, resolve);
    });
    // A transport whose `close` fails is destroyed, like one that takes too long.
    await Promise.race([this.#transport.close(), graceIsOver]).catch(() => undefined);
    cancel?.();
    this.#transport.destroy();
  }

  #liveRecord(item: StoredItem): CacheRecord | undefined {
    const entry = decode(item, this.fence.period);
    if (entry.kind === 'record') return entry;
    if (entry.kind === 'foreign' && foreignItemChannel.hasSubscribers)
      foreignItemChannel.publish({ node: this.id, reason: entry.reason });
    return undefined;
  }

  #begun(): void {
    beginWork();
    this.#pending += 1;
  }

  #ended(): void {
    endWork();
    this.#pending -= 1;
  }

  #answered(): void {
    this.#ended();
    this.#prober.requestAnswered();
    this.#breaker.requestAnswered();
  }

  #fail(error: unknown): never {
    this.#ended();
    this.#breaker.requestFailed(error);
    if (blamesNode(error)) this.#setup.onTrouble();
    // Only the node's transport was closed, not the client.
    if (this.#leaving && SessClientError.is(error) && error.code === 'SESS_CLOSED') {
      throw new SessClientError(
        'SESS_UNAVAILABLE',
        `Node ${this.id} left the topology before it answered; ask again.`,
        { node: this.id, cause: error },
      );
    }
    throw error;
  }

  #unsupported(reason: string): SessClientError {
    return new SessClientError('SESS_SERVER', `The ${this.#setup.transport.name} transport ${reason}.`, {
      node: this.id,
    });
  }

  #refuse(): Promise<never> {
    const { clock } = this.#setup;
    return Promise.reject(unreachable(this.id, this.#since, clock.now(), this.#prober.dueInMs, this.#breaker.cause));
  }

  /** Like a probe, this does not reset failures: a node that answers only this does not work. */
  readonly #token: TokenReader = (key, take) => {
    if (this.#breaker.state === 'down') return this.#refuse();
    this.#begun();
    return this.#transport.get(key).then((item) => {
      this.#ended();
      this.#prober.requestAnswered();
      return take(item?.value);
    }, this.#asFailure);
  };

  #probeFailed(): void {
    this.#setup.onTrouble();
    // It was ejected for another reason, and is gone for all clients now.
    if (!this.refuses || this.#refusalReported) return;
    this.#refusalReported = true;
    this.#setup.onStateChange();
  }

  readonly #stateChanged = (from: BreakerState, to: BreakerState, cause: Error | undefined): void => {
    // A closed node reports nothing.
    if (this.#closing !== undefined) return;
    this.#since = this.#setup.clock.now();
    this.#refusalReported = to === 'down' && this.refuses;
    this.#prober.paceChanged();
    if (to === 'up') this.#nameWatch?.stop();
    else this.#nameWatch?.start();
    if (nodeChannel.hasSubscribers) nodeChannel.publish({ node: this.id, from, to, cause });
    if (cause !== undefined) this.#setup.onTrouble();
    if (from === 'suspect' || to === 'suspect') this.#setup.onInterruption();
    this.#setup.onStateChange();
  };

  #getObserved(
    item: Promise<StoredItem | undefined>,
    key: string,
    options: RequestOptions | undefined,
    missed: Missed,
  ): Promise<CacheRecord | undefined> {
    const answer = item.then(this.#asRecord, this.#asFailure);
    return this.#observed('get', answer, hitOrMiss).then((record) => record ?? missed(key, this.id, options));
  }

  #observed<T>(
    request: RequestMessage['request'],
    answer: Promise<T>,
    outcomeOf: (answer: T) => RequestMessage['outcome'],
  ): Promise<T> {
    return observed({ node: this.id, request, clock: this.#setup.clock }, answer, outcomeOf);
  }
}
