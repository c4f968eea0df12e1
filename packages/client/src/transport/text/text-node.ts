import { onAbort, SleepWatch } from '@sess/working-time';
import type { SessClientError } from '../../errors.ts';
import { toExptime } from '../exptime.ts';
import { checkKey } from '../key-check.ts';
import type {
  NodeTransport,
  ListingOptions,
  RequestOptions,
  StatsSection,
  StoreAttributes,
  StoredItem,
  StoreMode,
  StoreOutcome,
  TransportEvents,
  TransportNode,
  TransportOptions,
} from '../transport.ts';
import { askStats, type StatsQuestion } from './ask-stats.ts';
import { Deadlines } from './deadlines.ts';
import type { DialectName } from './handshake.ts';
import { ItemLimit } from './item-limit.ts';
import { ReconnectingConnection } from './reconnecting-connection.ts';
import { KeyListing, type ListingSettings } from './list-keys.ts';
import { promiseOf, Request, type Answer, type RequestKind } from './request.ts';
import * as errors from './request-errors.ts';
import { RequestQueue } from './request-queue.ts';
import { checkCas, checkFlags, checkValue } from './store-check.ts';

/**
 * A node's transport in the text protocol: checks requests, queues them within their bounds, and sends them over a
 * {@link ReconnectingConnection}.
 *
 * Requests of one turn of the event loop leave in one write, after the turn's other callbacks.
 */
export class TextNode implements NodeTransport {
  readonly #node: string;
  readonly #options: TransportOptions;
  readonly #queue: RequestQueue = new RequestQueue();
  readonly #link: ReconnectingConnection;
  readonly #settings: ListingSettings;
  readonly #listings = new Set<KeyListing>();
  readonly #questions = new Set<StatsQuestion>();
  readonly #itemLimit: ItemLimit;
  /** Stores that wait for the node's item limit, and their bytes. */
  #asking = 0;
  #askingBytes = 0;
  readonly #deadlines: Deadlines;
  /** After this process slept, the connection may be dead. */
  readonly #sleepWatch = new SleepWatch(() => this.#link.requireProbe());
  /** Whether this turn's write is scheduled. */
  #flushing = false;
  #closing: Promise<void> | undefined;
  #closed: (() => void) | undefined;
  #destroyed = false;

  constructor(node: TransportNode, options: TransportOptions, dialect: 'auto' | DialectName, events: TransportEvents) {
    this.#node = node.id;
    this.#options = options;
    this.#settings = {
      node,
      options,
      memory: { session: undefined, hasGreeted: false, address: () => this.#link.address },
    };
    this.#itemLimit = new ItemLimit(this.#settings);
    this.#sleepWatch.start();
    this.#link = new ReconnectingConnection({ ...this.#settings, dialect }, this.#queue, events, {
      settled: () => this.#settled(),
      verified: () => this.#deadlines.restart(),
    });
    this.#deadlines = new Deadlines(this.#queue, options.timeoutMs, {
      expired: (request) => this.#abandon(request, this.#late(request)),
      stalled: (ms) => this.#link.drop(errors.stalled(node.id, ms)),
    });
  }

  get(key: string, options?: RequestOptions): Promise<StoredItem | undefined> {
    return this.#ask('get', key, 0, options);
  }

  store(
    mode: StoreMode,
    key: string,
    value: Uint8Array,
    attributes: StoreAttributes,
    options?: RequestOptions,
  ): Promise<StoreOutcome> {
    const node = this.#node;
    try {
      checkKey(key);
      checkValue(node, value, this.#options.maxValueBytes);
      checkFlags(node, attributes.flags);
      const exptime = toExptime(attributes.ttlSeconds);
      const kind = typeof mode === 'string' ? mode : 'cas';
      const cas = typeof mode === 'string' ? undefined : mode.cas;
      if (cas !== undefined) checkCas(node, cas);
      const request = new Request(kind, key, exptime, { value, length: value.length, flags: attributes.flags, cas });
      if (this.#itemLimit.mustAsk(key.length + value.length, this.#link.epoch))
        return this.#storeLarge(request, options);
      return this.#store(request, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  touch(key: string, ttlSeconds: number, options?: RequestOptions): Promise<{ readonly flags: number } | undefined> {
    return this.#ask('touch', key, ttlSeconds, options);
  }

  probe(options?: RequestOptions): Promise<string> {
    try {
      return this.#submit(new Request('probe', '', 0), options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async *keys(options?: ListingOptions): AsyncGenerator<string, void, undefined> {
    this.#checkOpen(options?.signal);
    const listing = new KeyListing(this.#settings, options?.prefix ?? '');
    this.#listings.add(listing);
    try {
      yield* listing.keys(options?.signal);
    } finally {
      this.#listings.delete(listing);
      this.#settled();
    }
  }

  async stats(section: StatsSection, options?: RequestOptions): Promise<ReadonlyMap<string, string>> {
    const signal = options?.signal;
    this.#checkOpen(signal);
    const { connectTimeoutMs, timeoutMs } = this.#options;
    const question = askStats(this.#settings, section, connectTimeoutMs + timeoutMs);
    this.#questions.add(question);
    const release = signal && onAbort(signal, () => question.end(errors.aborted(this.#node, signal.reason, true)));
    try {
      return await question.answer;
    } finally {
      release?.();
      this.#questions.delete(question);
      this.#settled();
    }
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#closed = resolve;
    });
    this.#settled();
    return this.#closing;
  }

  destroy(): void {
    this.#destroyed = true;
    void this.close();
    for (const request of this.#queue.takeAll()) request.fail(errors.closed(this.#node));
    for (const listing of this.#listings) listing.fail(errors.closed(this.#node));
    for (const question of this.#questions) question.end(errors.closed(this.#node));
    this.#itemLimit.end();
    this.#settled();
  }

  #ask<T extends Answer>(
    kind: RequestKind,
    key: string,
    ttlSeconds: number,
    options: RequestOptions | undefined,
  ): Promise<T> {
    try {
      checkKey(key);
      return this.#submit(new Request(kind, key, toExptime(ttlSeconds)), options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Sends a store, unless the node would refuse it and delete the old item. */
  #store(request: Request, options: RequestOptions | undefined, underWay: boolean = false): Promise<StoreOutcome> {
    const { storage } = request;
    if (storage !== undefined) this.#itemLimit.check(request.key, storage.length, storage.flags);
    const cas = storage?.cas;
    if (cas === undefined || cas.epoch === this.#link.epoch) return this.#submit(request, options, underWay);
    // Read on an earlier connection: the number may since belong to another item.
    this.#checkOpen(options?.signal, underWay);
    return Promise.resolve('exists');
  }

  /** The first large value of a connection waits until the node has reported its item limit. */
  async #storeLarge(request: Request, options: RequestOptions | undefined): Promise<StoreOutcome> {
    const signal = options?.signal;
    this.#checkOpen(signal);
    this.#checkBounds(request);
    this.#link.connect();
    this.#asking += 1;
    this.#askingBytes += request.bytes;
    let release: (() => void) | undefined;
    const aborted = new Promise<void>((resolve) => {
      if (signal !== undefined) release = onAbort(signal, resolve);
    });
    await Promise.race([this.#itemLimit.ask(this.#link.epoch), aborted]);
    release?.();
    this.#asking -= 1;
    this.#askingBytes -= request.bytes;
    try {
      return await this.#store(request, options, true);
    } finally {
      this.#settled();
    }
  }

  /** Queues a checked request. */
  #submit<T extends Answer>(
    request: Request,
    options: RequestOptions | undefined,
    underWay: boolean = false,
  ): Promise<T> {
    const signal = options?.signal;
    this.#checkOpen(signal, underWay);
    this.#checkBounds(request);
    if (!this.#flushing) this.#beginTurn();
    this.#queue.push(request);
    if (signal !== undefined) this.#watch(request, signal);
    return promiseOf(request);
  }

  /** `close()`, unlike `destroy()`, lets a pending request continue. */
  #checkOpen(signal: AbortSignal | undefined, underWay: boolean = false): void {
    if (this.#closing !== undefined && (!underWay || this.#destroyed)) throw errors.closed(this.#node);
    if (signal?.aborted === true) throw errors.aborted(this.#node, signal.reason, false);
  }

  #checkBounds(request: Request): void {
    const { maxInFlight, maxQueuedBytes } = this.#options;
    if (this.#queue.size + this.#asking >= maxInFlight) throw errors.tooManyInFlight(this.#node, maxInFlight);
    const queued = this.#queue.unsentBytes + this.#askingBytes + this.#link.writingBytes;
    // An empty queue accepts a request of any size.
    if (queued > 0 && queued + request.bytes > maxQueuedBytes)
      throw errors.tooManyQueuedBytes(this.#node, maxQueuedBytes);
    this.#link.checkRested(request.kind === 'probe');
  }

  #beginTurn(): void {
    this.#flushing = true;
    setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    this.#flushing = false;
    if (this.#queue.unsent === undefined) return;
    this.#deadlines.start();
    this.#sleepWatch.look();
    this.#link.connect();
    this.#link.pump();
  };

  #watch(request: Request, signal: AbortSignal): void {
    request.release = onAbort(signal, () =>
      this.#abandon(request, errors.aborted(this.#node, signal.reason, request.sent)),
    );
  }

  #late({ sent }: Request): SessClientError {
    const { timeoutMs } = this.#options;
    if (sent) return errors.timedOut(this.#node, timeoutMs);
    return this.#link.silence(timeoutMs) ?? errors.notSentInTime(this.#node, timeoutMs, this.#link.tried);
  }

  /** Nobody waits for the request any more; a sent one keeps its place until its reply has come. */
  #abandon(request: Request, error: SessClientError): void {
    this.#queue.abandon(request);
    request.fail(error);
    this.#settled();
  }

  /** Called after requests were answered, failed, or queued again. */
  #settled(): void {
    const asking = this.#asking + this.#listings.size + this.#questions.size;
    if (this.#closed !== undefined && this.#queue.pending === 0 && asking === 0) {
      const closed = this.#closed;
      this.#closed = undefined;
      this.#queue.takeAll();
      this.#deadlines.clear();
      this.#sleepWatch.stop();
      this.#link.close(closed);
    } else if (this.#queue.unsent !== undefined && !this.#flushing) {
      this.#beginTurn();
    }
  }
}
