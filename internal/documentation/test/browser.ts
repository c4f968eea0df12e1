/** A browser as far as cookies go, whichever process answers. */
export class Browser {
  readonly #cookies = new Map<string, string>();

  /** The answer's JSON. */
  async ask(url: string, method = 'GET'): Promise<unknown> {
    return JSON.parse(await this.text(url, method)) as unknown;
  }

  /** The answer, whatever it is. */
  async text(url: string, method = 'GET'): Promise<string> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { method, headers: cookie === '' ? {} : { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';');
      const [name = '', ...value] = pair.split('=');
      if (attributes.some(isOver)) this.#cookies.delete(name);
      else this.#cookies.set(name, value.join('='));
    }
    const text = await response.text();
    if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
    return text;
  }

  get cookieNames(): readonly string[] {
    return [...this.#cookies.keys()].toSorted();
  }
}

function isOver(attribute: string): boolean {
  const [name = '', value = ''] = attribute.trim().split('=');
  if (name.toLowerCase() === 'max-age') return Number(value) <= 0;
  return name.toLowerCase() === 'expires' && Date.parse(value) <= Date.now();
}
