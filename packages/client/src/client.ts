import type {
  CacheRecord,
  Client,
  ClientTopology,
  DeleteOptions,
  DrainOptions,
  DrainProgress,
  Explanation,
  Handover,
  MissKnowledge,
  MissReport,
  NodeHealth,
  OperationOptions,
  SafeToRemove,
  SafeToRemoveOptions,
  SetOptions,
} from './contract.ts';
import { closed, SessClientError } from './errors.ts';
import { warnOfUnsignedHistory } from './membership/unsigned-warning.ts';
import { checkExpectation, checkTtl, checkValue } from './operations/input.ts';
import type { Missed } from './node/node.ts';
import { drain, putBack } from './repair/drain.ts';
import { safeToRemove } from './repair/safe-to-remove.ts';
import { read, readMissed } from './operations/read.ts';
import { remove } from './operations/remove.ts';
import { whyMissing } from './operations/why-missing.ts';
import { touch } from './operations/touch.ts';
import { writeToOne } from './operations/write-to-one.ts';
import { write } from './operations/write.ts';
import type { Change } from './operations/write-attempt.ts';
import type { ClientOptions, ResolvedOptions } from './options.ts';
import { PendingOperations } from './pending-operations.ts';
import { ANSWERS_TO_RETURN, resolveOptions } from './resolve-options.ts';
import { checkCallersKey, isCallersKey } from './transport/key-check.ts';
import { SteadyClock } from './steady-clock.ts';
import { observing } from './observing-client.ts';
import { operationChannels, traced, type ClientOperation, type OperationResult } from './tracing.ts';
import { VersionSource } from './version.ts';
import { MemcachedCluster } from './memcached-cluster.ts';
import { firstView, oneNodeUp } from './wait.ts';

/**
 * Creates a client, which at once starts discovery and connects to its nodes. Close it when done.
 *
 * @param options A URL (`memcached://10.0.0.1:11211,10.0.0.2:11211`, `memcacheds://` and `elasticaches://` with TLS,
 *   `elasticache://my.cfg.use1.cache.amazonaws.com:11211`, `memcached:///run/memcached.sock`), or an object.
 * @throws {SessClientError} `SESS_BAD_OPTION` if an option is wrong. The message says what was expected, what came, and
 *   what to do.
 */
export function createClient(options: string | ClientOptions): Client {
  const resolved = resolveOptions(options);
  // With a fixed list, a rolling deploy changes nodes: new processes need sessions from nodes that left the list.
  if (resolved.isFixedList && resolved.handover.historySecrets.length === 0) warnOfUnsignedHistory();
  const client = new MemcachedClient(resolved);
  return resolved.observe ? observing(client) : client;
}

class MemcachedClient implements Client {
  readonly #options: ResolvedOptions;
  readonly #cluster: MemcachedCluster;
  readonly #pending = new PendingOperations();
  /** Operations that wait for the first topology. */
  #waiting = 0;
  #closing: Promise<void> | undefined;

  constructor(options: ResolvedOptions) {
    const { random } = options;
    const clock = new SteadyClock(options.clock, options.handover);
    this.#options = options;
    this.#cluster = new MemcachedCluster({
      discovery: options.discovery,
      distribution: options.distribution,
      clock,
      random,
      versions: new VersionSource(clock, random),
      shutdownTimeoutMs: shutdownTimeoutMs(options),
      copies: options.copies,
      hedgedReads: options.hedgedReads,
      zoneOf: options.zoneOf,
      nearZone: options.nearZone,
      observe: options.observe,
      ...options.handover,
      node: {
        transport: options.transport,
        transportOptions: options.transportOptions,
        breaker: { failuresToEject: options.failuresToEject, answersToReturn: ANSWERS_TO_RETURN },
        prober: { probeIntervalMs: options.probeIntervalMs, maxProbePauseMs: options.maxProbePauseMs },
        clock: options.clock,
        random,
      },
    });
  }

  ready(options?: OperationOptions): Promise<void> {
    const { clock, readyTimeoutMs } = this.#options;
    if (this.#closing !== undefined) return Promise.reject(closed());
    return oneNodeUp(this.#cluster, clock, readyTimeoutMs, options);
  }

  get(key: string, options?: OperationOptions): Promise<CacheRecord | undefined> {
    if (this.#closing !== undefined || !isCallersKey(key)) return this.#refuse(key);
    if (operationChannels.get.hasSubscribers)
      return this.#traced('get', key, () => this.#get(key, options), hitWhereDefined);
    return this.#get(key, options);
  }

  #get(key: string, options: OperationOptions | undefined): Promise<CacheRecord | undefined> {
    const owner = this.#cluster.view === undefined ? undefined : this.#cluster.soleOwner(key);
    // The common case: one request to one node.
    return owner === undefined ? this.#readInDetail(key, options) : owner.get(key, options, this.#missed);
  }

  #readInDetail(key: string, options: OperationOptions | undefined): Promise<CacheRecord | undefined> {
    return this.#run(options, () => read({ cluster: this.#cluster, key, options }));
  }

  /** One function for all reads: a hit allocates none. */
  readonly #missed: Missed = (key, owner, options) =>
    this.#run(options, () => readMissed({ cluster: this.#cluster, key, options }, owner));

  set(key: string, value: Uint8Array | string, options: SetOptions): Promise<CacheRecord> {
    if (this.#closing !== undefined || !isCallersKey(key)) return this.#refuse(key);
    try {
      checkValue(value, this.#options.maxValueBytes);
      checkTtl((options as Partial<SetOptions> | undefined)?.ttlSeconds, this.#options.clock.now());
      checkExpectation(options.expect);
    } catch (error) {
      return Promise.reject(error);
    }
    const { expect } = options;
    const change: Change = { value, ttlSeconds: options.ttlSeconds, expect: expect ?? 'anything' };
    if (operationChannels.set.hasSubscribers)
      return this.#traced('set', key, () => this.#set(key, change, options), storedAlways);
    return this.#set(key, change, options);
  }

  #set(key: string, change: Change, options: SetOptions): Promise<CacheRecord> {
    const common = this.#cluster.view === undefined ? undefined : writeToOne(this.#cluster, key, change, options);
    return common ?? this.#run(options, () => this.#writeInDetail(key, change, options));
  }

  /** Usually, the common case applies after the time to live is announced. */
  async #writeInDetail(key: string, change: Change, options: SetOptions): Promise<CacheRecord> {
    await this.#cluster.announceTtl(change.ttlSeconds);
    return writeToOne(this.#cluster, key, change, options) ?? write({ cluster: this.#cluster, key, options }, change);
  }

  touch(key: string, ttlSeconds: number, options?: OperationOptions): Promise<boolean> {
    if (this.#closing !== undefined || !isCallersKey(key)) return this.#refuse(key);
    try {
      checkTtl(ttlSeconds, this.#options.clock.now());
    } catch (error) {
      return Promise.reject(error);
    }
    if (operationChannels.touch.hasSubscribers)
      return this.#traced('touch', key, () => this.#touch(key, ttlSeconds, options), hitWhereTrue);
    return this.#touch(key, ttlSeconds, options);
  }

  #touch(key: string, ttlSeconds: number, options: OperationOptions | undefined): Promise<boolean> {
    return this.#run(options, () => touch({ cluster: this.#cluster, key, options }, ttlSeconds));
  }

  delete(key: string, options: DeleteOptions): Promise<boolean> {
    if (this.#closing !== undefined || !isCallersKey(key)) return this.#refuse(key);
    try {
      checkTtl((options as Partial<DeleteOptions> | undefined)?.ttlSeconds, this.#options.clock.now());
    } catch (error) {
      return Promise.reject(error);
    }
    if (operationChannels.delete.hasSubscribers)
      return this.#traced('delete', key, () => this.#delete(key, options), hitWhereTrue);
    return this.#delete(key, options);
  }

  #delete(key: string, options: DeleteOptions): Promise<boolean> {
    return this.#run(options, () => remove({ cluster: this.#cluster, key, options }, options.ttlSeconds));
  }

  async drain(nodeId: string, options: DrainOptions = {}): Promise<DrainProgress> {
    if (this.#closing !== undefined) throw closed();
    return this.#run(options, () => drain(this.#cluster, nodeId, options));
  }

  async putBack(nodeId: string): Promise<void> {
    if (this.#closing !== undefined) throw closed();
    return this.#run(undefined, () => putBack(this.#cluster, nodeId));
  }

  async safeToRemove(nodeId: string, options: SafeToRemoveOptions = {}): Promise<SafeToRemove> {
    if (this.#closing !== undefined) throw closed();
    return this.#run(options, () => safeToRemove(this.#cluster, nodeId, options));
  }

  explain(key: string): Explanation {
    checkCallersKey(key);
    if (this.#cluster.view === undefined) return { key, owners: [], elders: [], mode: 'settled' };
    const { owners, elders, mode } = this.#cluster.route(key);
    return { key, owners, elders, mode };
  }

  async whyMissing(key: string, known: MissKnowledge, options?: OperationOptions): Promise<MissReport> {
    if (this.#closing !== undefined) throw closed();
    checkCallersKey(key);
    return this.#run(options, () => whyMissing(this.#cluster, key, known, options));
  }

  get handovers(): readonly Handover[] {
    return this.#cluster.handovers;
  }

  get topology(): ClientTopology {
    const { discovery, nodes, rotation } = this.#cluster;
    const states = new Map(nodes.map(({ id, health }): [string, NodeHealth] => [id, health]));
    const drains = new Map(
      nodes.flatMap(({ id }): [string, 'draining' | 'drained'][] => {
        const phase = rotation.drainOf(id);
        return phase === undefined ? [] : [[id, phase]];
      }),
    );
    const { name: cluster, ring } = this.#cluster;
    return { nodes: [], ...discovery.topology, cluster, ring, states, rotation: rotation.ids, drains };
  }

  close(): Promise<void> {
    this.#closing ??= this.#drain();
    return this.#closing;
  }

  destroy(): void {
    this.#closing ??= Promise.resolve();
    this.#cluster.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #traced<T>(
    operation: ClientOperation,
    key: string,
    operate: () => Promise<T>,
    resultOf: (answer: T) => OperationResult,
  ): Promise<T> {
    const [owner] = this.#cluster.view === undefined ? [] : this.#cluster.route(key).owners;
    return traced(operation, owner === undefined ? undefined : this.#cluster.node(owner).target, operate, resultOf);
  }

  /** Runs an operation that takes several requests or waits for the first topology; {@link close} waits for it. */
  #run<T>(options: OperationOptions | undefined, operation: () => Promise<T>): Promise<T> {
    return this.#pending.track(
      this.#cluster.view === undefined ? this.#firstView(options).then(operation) : operation(),
    );
  }

  #firstView(options: OperationOptions | undefined): Promise<unknown> {
    const { clock, transportOptions } = this.#options;
    if (this.#waiting >= transportOptions.maxInFlight) return Promise.reject(overloaded(this.#waiting));
    this.#waiting += 1;
    return firstView(this.#cluster, clock, transportOptions.timeoutMs, options).finally(() => {
      this.#waiting -= 1;
    });
  }

  /** Waits for operations, then for requests, each for at most {@link shutdownTimeoutMs}; then releases everything. */
  async #drain(): Promise<void> {
    const grace = shutdownTimeoutMs(this.#options);
    await this.#pending.settled(this.#options.clock, grace);
    await this.#cluster.close(grace);
  }

  #refuse(key: unknown): Promise<never> {
    try {
      if (this.#closing !== undefined) throw closed();
      checkCallersKey(key);
      throw new SessClientError('SESS_BAD_KEY', 'The key can not be used.');
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

const hitWhereDefined = (answer: unknown): OperationResult => (answer === undefined ? 'miss' : 'hit');
const hitWhereTrue = (found: boolean): OperationResult => (found ? 'hit' : 'miss');
const storedAlways = (): OperationResult => 'stored';

/** A request and a wait for the topology each settle within `timeoutMs`. */
function shutdownTimeoutMs({ transportOptions }: ResolvedOptions): number {
  return 2 * transportOptions.timeoutMs;
}

function overloaded(waiting: number): SessClientError {
  return new SessClientError(
    'SESS_OVERLOADED',
    `${waiting} operations wait for the first topology already (maxInFlight); nothing was sent. Await client.ready() before taking requests.`,
  );
}
