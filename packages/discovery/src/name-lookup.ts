import dns, { type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import { addressesInHostsFile } from './hosts-file.ts';

/** A look-up that takes longer than this hangs, in milliseconds. Well below the timeout of a connection. */
const HANGS_AFTER_MS = 250;
/** Threads of libuv for look-ups, files and more, unless `UV_THREADPOOL_SIZE` is set. */
const DEFAULT_THREADS = 4;
/** Names to remember, so that names that come and go do not fill the memory. */
const MAX_REMEMBERED = 1_000;

const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

type Callback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/** One look-up, waiting or under way. */
interface Turn {
  readonly host: string;
  readonly found: (addresses: readonly LookupAddress[]) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Look-ups by the operating system, for all connections of this process. A look-up without an answer blocks one of
 * libuv's few threads for many seconds and can't be cancelled, so
 *
 * - there is at most one at a time per name, shared by all callers;
 * - all together use at most half of the threads, so that the application's own look-ups and files proceed;
 * - one of these threads is only for names that were answered promptly when last asked. Of the names that wait, those
 *   that hung before come last;
 * - a name that waits is also looked up where no thread is needed: in the hosts file, then by asking the DNS servers
 *   directly. If these don't know the name, but say so promptly, the system is expected to be prompt as well.
 */
export class NameLookup {
  readonly #underWay = new Map<string, Promise<readonly LookupAddress[]>>();
  readonly #running = new Set<Turn>();
  readonly #waiting: Turn[] = [];
  /** Whether a name was answered promptly when it was last asked. The oldest comes first. */
  readonly #prompt = new Map<string, boolean>();

  /** All addresses of a host, in the order of the operating system. Rejects as `dns.lookup` does. */
  find(host: string): Promise<readonly LookupAddress[]> {
    const family = isIP(host);
    if (family !== 0) return Promise.resolve([{ address: host, family }]);
    const underWay = this.#underWay.get(host);
    if (underWay !== undefined) return underWay;
    if (host.toLowerCase() === 'localhost' && !this.#hasThreadFor(host)) return Promise.resolve(LOOPBACK);
    const found = this.#begin(host);
    this.#underWay.set(host, found);
    const end = (): void => void this.#underWay.delete(host);
    found.then(end, end);
    return found;
  }

  #begin(host: string): Promise<readonly LookupAddress[]> {
    return new Promise((found, failed) => {
      const turn = { host, found, failed };
      if (this.#hasThreadFor(host)) this.#ask(turn);
      else {
        this.#waiting.push(turn);
        setTimeout(() => void this.#askElsewhere(turn), HANGS_AFTER_MS).unref();
      }
    });
  }

  #hasThreadFor(host: string): boolean {
    const most = mostAtOnce();
    if (this.#running.size >= most) return false;
    if (this.#prompt.get(host) === true) return true;
    const others = [...this.#running].filter((turn) => this.#prompt.get(turn.host) !== true);
    return others.length < Math.max(1, most - 1);
  }

  #ask(turn: Turn): void {
    const { host } = turn;
    this.#running.add(turn);
    let isPrompt = true;
    const timer = setTimeout(() => this.#remember(host, (isPrompt = false)), HANGS_AFTER_MS).unref();
    const answered = (error: unknown, addresses?: readonly LookupAddress[]): void => {
      this.#running.delete(turn);
      clearTimeout(timer);
      this.#remember(host, isPrompt);
      if (Array.isArray(addresses)) turn.found(addresses);
      else turn.failed(error ?? notFound(host));
      this.#startNext();
    };
    try {
      // ADDRCONFIG: no IPv6 addresses if this machine has none, like `node:net`.
      dns.lookup(host, { all: true, verbatim: true, hints: dns.ADDRCONFIG }, answered);
    } catch (error) {
      answered(error);
    }
  }

  #startNext(): void {
    const [next] = this.#waiting.toSorted((a, b) => this.#rank(a) - this.#rank(b));
    if (next === undefined || !this.#hasThreadFor(next.host)) return;
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    this.#ask(next);
  }

  #rank({ host }: Turn): number {
    const isPrompt = this.#prompt.get(host);
    return isPrompt === undefined ? 1 : isPrompt ? 0 : 2;
  }

  /** If nobody knows the name, such as one of a search domain, it keeps waiting for its turn. */
  async #askElsewhere(turn: Turn): Promise<void> {
    if (!this.#waiting.includes(turn)) return;
    const { host } = turn;
    let addresses = addressesInHostsFile(host);
    if (addresses.length === 0) {
      const timer = setTimeout(() => this.#expect(host, false), HANGS_AFTER_MS).unref();
      addresses = await addressesInDns(host);
      clearTimeout(timer);
    }
    this.#expect(host, true);
    const place = this.#waiting.indexOf(turn);
    if (place >= 0 && addresses.length > 0) {
      this.#waiting.splice(place, 1);
      turn.found(addresses);
    }
    this.#startNext();
  }

  /** For a name that the system has not answered yet. */
  #expect(host: string, isPrompt: boolean): void {
    if (!this.#prompt.has(host)) this.#remember(host, isPrompt);
  }

  #remember(host: string, isPrompt: boolean): void {
    this.#prompt.delete(host);
    this.#prompt.set(host, isPrompt);
    const [oldest] = this.#prompt.keys();
    if (this.#prompt.size > MAX_REMEMBERED && oldest !== undefined) this.#prompt.delete(oldest);
  }
}

async function addressesInDns(host: string): Promise<readonly LookupAddress[]> {
  const [four, six] = await Promise.allSettled([dns.promises.resolve4(host), dns.promises.resolve6(host)]);
  return [
    ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
    ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
  ];
}

function mostAtOnce(): number {
  const given = Number(process.env['UV_THREADPOOL_SIZE']);
  const threads = Number.isInteger(given) && given > 0 ? given : DEFAULT_THREADS;
  return Math.max(1, Math.floor(threads / 2));
}

const names = new NameLookup();

/**
 * All addresses of a host, by the system's resolver. Shares a look-up under way, and uses at most half of the thread
 * pool. Rejects with the error of `dns.lookup`.
 */
export function addressesOf(host: string): Promise<readonly LookupAddress[]> {
  return names.find(host);
}

/** Like `addressesOf`, for the option `lookup` of `node:net` and `node:tls`. */
export function sharedLookup(host: string, options: LookupOptions, callback: Callback): void {
  void answer(host, options, callback);
}

async function answer(host: string, { all, family }: LookupOptions, callback: Callback): Promise<void> {
  let addresses: readonly LookupAddress[];
  try {
    addresses = await names.find(host);
  } catch (error) {
    process.nextTick(callback, error, []);
    return;
  }
  const wanted = family === 4 || family === 'IPv4' ? 4 : family === 6 || family === 'IPv6' ? 6 : undefined;
  const fitting = addresses.filter((address) => wanted === undefined || address.family === wanted);
  const [first] = fitting;
  if (first === undefined) process.nextTick(callback, notFound(host), []);
  else if (all === true) process.nextTick(callback, null, fitting);
  else process.nextTick(callback, null, first.address, first.family);
}

function notFound(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), {
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
    hostname: host,
  });
}
