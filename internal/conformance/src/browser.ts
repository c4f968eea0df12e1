export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * A browser as far as cookies go: keeps what it is told to keep, over real HTTP. `get` and `post` follow no redirect.
 */
export class Browser {
  readonly origin: string;
  readonly cookies: Map<string, string>;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param headers Those of each request, as a proxy adds some. */
  constructor(
    origin: string,
    cookies: Iterable<readonly [string, string]> = [],
    headers: Readonly<Record<string, string>> = {},
  ) {
    this.origin = origin;
    this.cookies = new Map(cookies);
    this.#headers = headers;
  }

  /** Another browser with the same cookies: a second request on its way, or a thief. */
  copy(): Browser {
    return new Browser(this.origin, this.cookies, this.#headers);
  }

  get(path: string): Promise<Answer> {
    return this.#ask(path, {});
  }

  /** Sends a form, or nothing. */
  post(path: string, form?: Readonly<Record<string, string>>): Promise<Answer> {
    return this.#ask(path, { method: 'POST', body: form === undefined ? null : new URLSearchParams(form) });
  }

  /** As `fetch`, with the browser's cookies; it follows redirects unless told otherwise. */
  async fetch(path: string, options: RequestInit = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...this.#headers, ...(cookie === '' ? {} : { cookie }) };
    const response = await fetch(this.origin + path, { ...options, headers });
    for (const line of response.headers.getSetCookie()) this.#accept(line);
    return response;
  }

  /** The whole answer: express-session saves between its first byte and its last. */
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
