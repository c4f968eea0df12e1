/**
 * One user's cookies for one host, as a browser keeps them: enough of RFC 6265 for an app on plain HTTP (name, value, `Max-Age`, `Expires`).
 * Cookies marked `Secure` are dropped, as a browser does on plain HTTP.
 */
export class CookieJar {
  readonly #cookies = new Map<string, string>();

  /** Takes over what a response sets or clears. */
  store(setCookie: string | readonly string[] | undefined, now: number = Date.now()): void {
    for (const header of typeof setCookie === 'string' ? [setCookie] : (setCookie ?? [])) this.#storeOne(header, now);
  }

  /** The `Cookie` header for the next request; `undefined` when there is nothing to send. */
  get header(): string | undefined {
    if (this.#cookies.size === 0) return undefined;
    return Array.from(this.#cookies, ([name, value]) => `${name}=${value}`).join('; ');
  }

  clear(): void {
    this.#cookies.clear();
  }

  #storeOne(header: string, now: number): void {
    const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
    const equals = pair.indexOf('=');
    if (equals < 1) return;
    const name = pair.slice(0, equals);
    const lifetime = new Map(attributes.map((attribute) => splitAttribute(attribute)));
    if (lifetime.has('secure')) return;
    if (isOver(lifetime, now)) this.#cookies.delete(name);
    else this.#cookies.set(name, pair.slice(equals + 1));
  }
}

function splitAttribute(attribute: string): [name: string, value: string] {
  const equals = attribute.indexOf('=');
  return equals < 0 ? [attribute.toLowerCase(), ''] : [attribute.slice(0, equals).toLowerCase(), attribute.slice(equals + 1)];
}

/** `Max-Age` goes before `Expires` (RFC 6265, section 5.3). */
function isOver(attributes: ReadonlyMap<string, string>, now: number): boolean {
  const maxAge = attributes.get('max-age');
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return Number(maxAge) <= 0;
  const expires = attributes.get('expires');
  return expires !== undefined && Date.parse(expires) <= now;
}
