import dns, { type LookupAddress, type LookupOptions } from 'node:dns';

/**
 * A name that waits longer than this for its turn, in milliseconds, is behind hanging look-ups. Well below the timeout
 * of a connection.
 */
const DNS_AFTER_MS = 250;
/** Threads of libuv for look-ups, files and more, unless `UV_THREADPOOL_SIZE` is set. */
const DEFAULT_THREADS = 4;

type Callback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/**
 * Look-ups by the operating system, for all connections of this process. A look-up without an answer blocks one of
 * libuv's few threads for many seconds and can't be cancelled, so
 *
 * - there is at most one at a time per name, shared by all callers;
 * - all together use at most half of the threads, so that the application's own look-ups and files proceed. Names wait
 *   for their turn in order. For a name that waits behind hanging look-ups, the DNS servers are also asked directly,
 *   which needs no thread; the first answer wins.
 */
export class NameLookup {
  readonly #underWay = new Map<string, Promise<readonly LookupAddress[]>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** All addresses of a host, in the order of the operating system. Rejects as `dns.lookup` does. */
  find(host: string): Promise<readonly LookupAddress[]> {
    const found = this.#underWay.get(host) ?? this.#begin(host);
    this.#underWay.set(host, found);
    return found;
  }

  #begin(host: string): Promise<readonly LookupAddress[]> {
    return new Promise((resolve, reject) => {
      const ask = (): void => {
        this.#running += 1;
        // ADDRCONFIG: no IPv6 addresses if this machine has none, like `node:net`.
        dns.lookup(host, { all: true, verbatim: true, hints: dns.ADDRCONFIG }, (error, addresses) => {
          this.#running -= 1;
          this.#underWay.delete(host);
          if (error === null) resolve(addresses);
          else reject(error);
          this.#waiting.shift()?.();
        });
      };
      if (this.#running < mostAtOnce()) ask();
      else {
        this.#waiting.push(ask);
        setTimeout(() => void this.#askDns(host, ask, resolve), DNS_AFTER_MS).unref();
      }
    });
  }

  /** If the DNS servers don't know the name, such as one from `/etc/hosts`, it keeps waiting for its turn. */
  async #askDns(host: string, ask: () => void, found: (addresses: readonly LookupAddress[]) => void): Promise<void> {
    if (!this.#waiting.includes(ask)) return;
    const [four, six] = await Promise.allSettled([dns.promises.resolve4(host), dns.promises.resolve6(host)]);
    const addresses = [
      ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
      ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
    ];
    const place = this.#waiting.indexOf(ask);
    if (place < 0 || addresses.length === 0) return;
    this.#waiting.splice(place, 1);
    this.#underWay.delete(host);
    found(addresses);
  }
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
