import type { Clock } from '../src/clock.ts';
import { SessClientError, type SessClientErrorCode } from '../src/errors.ts';
import type {
  CasToken,
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
} from '../src/transport/transport.ts';
import { FakeServer } from './fake-server.ts';
import { refused } from './refused.ts';

let lastEpoch = 0;

/** Servers in memory, and the transport that speaks to them; faults and time are in the hands of the test. */
export class FakeNetwork implements Transport {
  readonly name = 'fake';
  readonly opened: TransportNode[] = [];
  optionsSeen: TransportOptions | undefined;
  readonly #clock: Clock;
  readonly #servers = new Map<string, FakeServer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The server at an address, or under an id where the node has none; made when first asked for. */
  at(place: string): FakeServer {
    const server = this.#servers.get(place) ?? new FakeServer(place, this.#clock);
    this.#servers.set(place, server);
    return server;
  }

  open(node: TransportNode, options: TransportOptions, events: TransportEvents): NodeTransport {
    this.opened.push(node);
    this.optionsSeen = options;
    return new FakeConnection(this.at(node.address ?? node.id), node.id, options, events, this.#clock);
  }
}

/** Connects with the first request, and again with the first one after a loss. */
class FakeConnection implements NodeTransport {
  readonly #server: FakeServer;
  readonly #nodeId: string;
  readonly #options: TransportOptions;
  readonly #events: TransportEvents;
  readonly #clock: Clock;
  readonly #underWay = new Set<(error: SessClientError) => void>();
  #epoch = 0;
  #hangUp: (() => void) | undefined;
  #closed = false;

  constructor(server: FakeServer, nodeId: string, options: TransportOptions, events: TransportEvents, clock: Clock) {
    this.#server = server;
    this.#nodeId = nodeId;
    this.#options = options;
    this.#events = events;
    this.#clock = clock;
  }

  get(key: string, options?: RequestOptions): Promise<StoredItem | undefined> {
    return this.#request(isHistory(key) ? 'history' : 'get', options, () => {
      const item = this.#server.get(key);
      return (
        item && {
          value: item.value,
          flags: item.flags,
          ttlSeconds: item.ttlSeconds,
          cas: { unique: item.unique, epoch: this.#epoch },
        }
      );
    });
  }

  store(
    mode: StoreMode,
    key: string,
    value: Uint8Array,
    attributes: StoreAttributes,
    options?: RequestOptions,
  ): Promise<StoreOutcome> {
    const name = isHistory(key) ? 'history' : typeof mode === 'string' ? mode : 'cas';
    return this.#request(name, options, () => {
      if (this.#server.behaviour === 'full' && name !== 'history') {
        if (mode === 'set') this.#server.delete(key);
        throw this.#error('SESS_OUT_OF_MEMORY', 'out of memory storing object');
      }
      if (this.#server.behaviour === 'refuses-stores' && name !== 'history') throw this.#error('SESS_SERVER', 'busy');
      return typeof mode === 'object' && this.#isStale(mode.cas)
        ? 'exists'
        : this.#server.store(mode, key, value, attributes);
    });
  }

  touch(key: string, ttlSeconds: number, options?: RequestOptions): Promise<{ readonly flags: number } | undefined> {
    return this.#request('touch', options, () => this.#server.touch(key, ttlSeconds));
  }

  probe(options?: RequestOptions): Promise<string> {
    return this.#request('probe', options, () => '1.6.0');
  }

  async close(): Promise<void> {
    this.#closed = true;
    while (this.#underWay.size > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    this.#hangUp?.();
  }

  destroy(): void {
    this.#closed = true;
    this.#hangUp?.();
    this.#failAll(this.#error('SESS_CLOSED', 'closed'));
  }

  readonly #whenIdle: (() => void)[] = [];

  #isStale(cas: CasToken): boolean {
    return cas.epoch !== this.#epoch;
  }

  #request<T>(name: string, options: RequestOptions | undefined, carryOut: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(this.#error('SESS_CLOSED', 'closed'));
    if (options?.signal?.aborted === true) return Promise.reject(this.#error('SESS_ABORTED', 'aborted'));
    return new Promise<T>((resolve, reject) => {
      const end = (): void => {
        this.#underWay.delete(fail);
        cancel();
        options?.signal?.removeEventListener('abort', onAbort);
        if (this.#underWay.size === 0) for (const idle of this.#whenIdle.splice(0)) idle();
      };
      const fail = (error: SessClientError): void => {
        end();
        reject(error);
      };
      const onAbort = (): void => fail(this.#error('SESS_ABORTED', 'aborted'));
      const cancel = this.#clock.after(this.#options.timeoutMs, () =>
        fail(this.#error('SESS_TIMEOUT', 'no answer in time')),
      );
      options?.signal?.addEventListener('abort', onAbort);
      this.#underWay.add(fail);
      queueMicrotask(() => {
        if (!this.#underWay.has(fail) || !this.#connected()) return;
        this.#server.requests.push(name);
        this.#server.beforeRequest?.(name);
        if (this.#server.behaviour === 'hangs') return;
        try {
          if (this.#server.behaviour === 'garbles' && name !== 'probe' && name !== 'history')
            throw this.#error('SESS_PROTOCOL', 'not a reply');
          const answer = carryOut();
          end();
          resolve(answer);
        } catch (error) {
          end();
          reject(error);
        }
      });
    });
  }

  /** Whether a connection stands, now made where needed. Otherwise everything under way has failed. */
  #connected(): boolean {
    if (this.#hangUp !== undefined) return true;
    const { behaviour } = this.#server;
    if (behaviour === 'refuses') return this.#lose(this.#error('SESS_CONNECTION', 'connection refused', refused()));
    if (behaviour === 'rejects') return this.#lose(this.#error('SESS_AUTH', 'wrong user or password'));
    lastEpoch += 1;
    this.#epoch = lastEpoch;
    const hangUp = this.#server.connect(() => this.#lose(this.#error('SESS_CONNECTION', 'connection lost')));
    this.#hangUp = () => {
      hangUp();
      this.#hangUp = undefined;
    };
    this.#events.connected(this.#epoch);
    return true;
  }

  #lose(error: SessClientError): false {
    this.#hangUp = undefined;
    this.#failAll(error);
    this.#events.disconnected(error);
    return false;
  }

  #failAll(error: SessClientError): void {
    for (const fail of this.#underWay) fail(error);
  }

  #error(code: SessClientErrorCode, message: string, cause?: Error): SessClientError {
    return new SessClientError(code, `${this.#nodeId}: ${message}`, { node: this.#nodeId, cause });
  }
}

/** What the client keeps for itself: no request of a user. */
function isHistory(key: string): boolean {
  return key.startsWith('@sess/');
}
