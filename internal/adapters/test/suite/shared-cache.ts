import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Browser } from '@sess/conformance';

interface Stored {
  readonly body: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly vary: readonly string[];
  readonly asked: Headers;
}

/**
 * A cache in front of an application, which all visitors share. It keeps to `Cache-Control` and the headers for content
 * delivery networks, and is as greedy as they allow: what says nothing is kept, and `Set-Cookie` is kept along with the
 * rest. To `Vary` it keeps unless told otherwise: several content delivery networks do not.
 */
export class SharedCache implements AsyncDisposable {
  readonly #stored = new Map<string, Stored[]>();
  readonly #server = createServer((request, response) => {
    const asked = new Headers(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    void this.#send(request.url ?? '/', asked, response);
  });
  readonly #origin: string;
  readonly #keepsToVary: boolean;
  /** Answers that came from the cache. */
  hits = 0;

  private constructor(origin: string, keepsToVary: boolean) {
    this.#origin = origin;
    this.#keepsToVary = keepsToVary;
  }

  static async before(origin: string, keepsToVary = true): Promise<SharedCache> {
    const cache = new SharedCache(origin, keepsToVary);
    cache.#server.listen(0, '127.0.0.1');
    await once(cache.#server, 'listening');
    return cache;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #send(path: string, asked: Headers, response: ServerResponse): Promise<void> {
    const { body, headers } = await this.#answer(path, asked);
    for (const [name, value] of headers) response.appendHeader(name, value);
    response.end(body);
  }

  async #answer(path: string, asked: Headers): Promise<Pick<Stored, 'body' | 'headers'>> {
    const isSame = (one: Headers) => (name: string) => one.get(name) === asked.get(name);
    const kept = this.#stored
      .get(path)
      ?.find(({ vary, asked: before }) => !this.#keepsToVary || vary.every(isSame(before)));
    if (kept !== undefined) {
      this.hits += 1;
      return kept;
    }
    const cookie = asked.get('cookie');
    const response = await new Browser(this.#origin, [], cookie === null ? {} : { cookie }).get(path);
    const names = ['content-type', 'cache-control', 'vary', 'cdn-cache-control'];
    const headers = [
      ...names.flatMap((name): [string, string][] =>
        response.headers.has(name) ? [[name, response.headers.get(name) ?? '']] : [],
      ),
      ...response.headers.getSetCookie().map((line): [string, string] => ['set-cookie', line]),
    ];
    const vary = (response.headers.get('vary') ?? '').split(',').map((name) => name.trim().toLowerCase());
    const answer: Stored = { body: response.text, headers, vary: vary.filter((name) => name !== ''), asked };
    // What is said to content delivery networks alone outweighs what is said to everybody (RFC 9213).
    const control = response.headers.get('cdn-cache-control') ?? response.headers.get('cache-control') ?? '';
    const mayStore = response.status === 200 && !vary.includes('*') && !/no-store|private/i.test(control);
    if (mayStore) this.#stored.set(path, [...(this.#stored.get(path) ?? []), answer]);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
