/** A browser as far as cookies go: keeps what it is told to keep, over real HTTP. */
export class Browser {
  readonly origin: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly cookies: Map<string, string>;

  constructor(origin: string, headers: Readonly<Record<string, string>> = {}, cookies: Iterable<readonly [string, string]> = []) {
    this.origin = origin;
    this.#headers = headers;
    this.cookies = new Map(cookies);
  }

  /** Another browser with the same cookies: a second request on its way, or a thief. */
  copy(): Browser {
    return new Browser(this.origin, this.#headers, this.cookies);
  }

  async fetch(path: string, options: RequestInit = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...this.#headers, ...(cookie === '' ? {} : { cookie }) };
    const response = await fetch(this.origin + path, { ...options, headers });
    for (const line of response.headers.getSetCookie()) this.#accept(line);
    return response;
  }

  async post(path: string): Promise<Response> {
    return this.fetch(path, { method: 'POST' });
  }

  async json(path: string): Promise<unknown> {
    return (await this.fetch(path)).json();
  }

  #accept(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const equals = pair.indexOf('=');
    if (attributes.includes('Max-Age=0')) this.cookies.delete(pair.slice(0, equals));
    else this.cookies.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
}
