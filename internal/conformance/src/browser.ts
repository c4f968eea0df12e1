export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A request without an answer must fail its own test, and say where. */
const PATIENCE_MS = 30_000;

/** A browser's cookies over real HTTP. `get` and `post` don't follow redirects. */
export class Browser {
  readonly origin: string;
  readonly cookies: Map<string, string>;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param headers added to every request, as by a proxy */
  constructor(
    origin: string,
    cookies: Iterable<readonly [string, string]> = [],
    headers: Readonly<Record<string, string>> = {},
  ) {
    this.origin = origin;
    this.cookies = new Map(cookies);
    this.#headers = headers;
  }

  /** Another browser with the same cookies: a concurrent request, or a thief. */
  copy(): Browser {
    return new Browser(this.origin, this.cookies, this.#headers);
  }

  get(path: string): Promise<Answer> {
    return this.#ask(path, {});
  }

  /** Sends a form, or an empty body. */
  post(path: string, form?: Readonly<Record<string, string>>): Promise<Answer> {
    return this.#ask(path, { method: 'POST', body: form === undefined ? null : new URLSearchParams(form) });
  }

  /** `fetch` with the browser's cookies; follows redirects by default, and aborts after thirty seconds. */
  async fetch(path: string, options: RequestInit = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...this.#headers, ...(cookie === '' ? {} : { cookie }) };
    const response = await fetch(this.origin + path, {
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...options,
      headers,
    });
    for (const line of response.headers.getSetCookie()) this.#accept(line);
    return response;
  }

  /** Waits for the whole response: express-session saves before its last byte. */
  async #ask(path: string, options: RequestInit): Promise<Answer> {
    const response = await this.fetch(path, { ...options, redirect: 'manual' });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  async json(path: string): Promise<unknown> {
    const { status, text } = await this.get(path);
    if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`);
    return JSON.parse(text);
  }

  #accept(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const equals = pair.indexOf('=');
    if (attributes.some(isOver)) this.cookies.delete(pair.slice(0, equals));
    else this.cookies.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
}

function isOver(attribute: string): boolean {
  const [name = '', value = ''] = attribute.split('=');
  if (name.toLowerCase() === 'max-age') return Number(value) <= 0;
  return name.toLowerCase() === 'expires' && Date.parse(value) <= Date.now();
}
