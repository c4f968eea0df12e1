import type { Browser, BrowserContext, Cookie, Page } from 'playwright-core';
import { serveShop, type Framework, type Scheme, type ServedShop } from './served.ts';

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly cacheControl: string | null;
}

/** A browser without cookies, and a shop to visit. */
export class Visitor {
  readonly shop: ServedShop;
  readonly scheme: Scheme;
  readonly #context: BrowserContext;

  private constructor(shop: ServedShop, scheme: Scheme, context: BrowserContext) {
    this.shop = shop;
    this.scheme = scheme;
    this.#context = context;
  }

  static async of(browser: Browser, framework: Framework, scheme: Scheme): Promise<Visitor> {
    const shop = await serveShop(framework, scheme);
    return new Visitor(shop, scheme, await browser.newContext({ ignoreHTTPSErrors: true }));
  }

  urlOf(path: string): string {
    return `${this.scheme}://localhost:${this.shop.port}${path}`;
  }

  /** Another tab of the same browser. */
  async newTab(): Promise<Page> {
    const page = await this.#context.newPage();
    await page.goto(this.urlOf('/health'));
    return page;
  }

  cookies(): Promise<Cookie[]> {
    return this.#context.cookies();
  }

  /** What a thief does, who has taken cookies from a browser. */
  async putBack(cookies: readonly Cookie[]): Promise<void> {
    await this.#context.clearCookies();
    await this.#context.addCookies(cookies);
  }

  async close(): Promise<void> {
    await this.#context.close();
    await this.shop.close();
  }
}

/** A request as a page's script makes it. */
export async function post(page: Page, path: string, body?: object): Promise<Answer> {
  const request = {
    method: 'POST',
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  };
  return page.evaluate(`fetch(${JSON.stringify(path)}, ${JSON.stringify(request)}).then(async (response) => ({
    status: response.status, text: await response.text(), cacheControl: response.headers.get('cache-control') }))`);
}

/** 200 for who is logged in, 401 for who is not. */
export async function profileStatus(page: Page): Promise<number> {
  return page.evaluate(`fetch('/profile').then(({ status }) => status)`);
}
