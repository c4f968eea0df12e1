import { Browser, type Answer } from '@sess/conformance';
import type { SessionsOptions } from '@sess/session';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { StartedApp } from '../suite/subject.ts';
import { PASSWORD, type LoginSubject } from './subject.ts';

export interface LoginStores {
  readonly options: () => SessionsOptions;
  /** Makes the store unreachable, and reachable again. */
  readonly crash: () => Promise<void> | void;
  readonly restart: () => Promise<void> | void;
}

interface Page {
  readonly user?: string | null;
  readonly cart?: readonly string[];
  readonly messages?: readonly string[];
  readonly token: string;
}

/** A visitor with forms: each has the token of the page that was looked at last. */
class Visitor {
  readonly browser: Browser;
  token = '';

  constructor(browser: Browser) {
    this.browser = browser;
  }

  async look(path: string): Promise<Omit<Page, 'token'>> {
    const { token, ...page } = (await this.browser.json(path)) as Page;
    this.token = token;
    return page;
  }

  post(path: string, form: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.browser.post(path, { ...form, _csrf: this.token });
  }

  /** Where a login leads. */
  async logIn(how: '' | '/keeping' = '', password = PASSWORD): Promise<string | null> {
    await this.look('/login');
    return (await this.post(`/login${how}`, { name: 'USER_123', password })).headers.get('location');
  }

  /** Another tab of the browser, or a thief. */
  copy(): Visitor {
    const copy = new Visitor(this.browser.copy());
    copy.token = this.token;
    return copy;
  }
}

/** Declares, for vitest, what an application with these libraries does. */
export function loginConformance(subject: LoginSubject, stores: LoginStores): void {
  const open = async (options: Partial<SessionsOptions> = {}): Promise<{ app: StartedApp; visitor: Visitor }> => {
    const app = await subject.start({ ...stores.options(), ...options });
    onTestFinished(() => app.close());
    return { app, visitor: new Visitor(new Browser(app.origin)) };
  };
  describe('a login', () => logins(open, subject));
  describe('a token against forged requests', () => tokens(open));
  describe('an outage', () => outages(open, stores));
}

type Open = (options?: Partial<SessionsOptions>) => Promise<{ app: StartedApp; visitor: Visitor }>;

function logins(open: Open, { logoutCanKeep, waysToTell }: LoginSubject): void {
  it('lasts until the logout, and ends for who has the cookie, too', async () => {
    const { app, visitor } = await open();
    expect(await visitor.logIn()).toBe('/shop');
    expect(await visitor.look('/shop')).toEqual({ user: 'USER_123', cart: [] });
    const thief = visitor.copy();
    expect((await visitor.post('/logout')).status).toBe(200);
    for (const each of [visitor, thief]) expect(await each.look('/shop')).toMatchObject({ user: null });
    expect(app.errors).toEqual([]);
  });

  it('that fails tells why, once, and nobody is logged in', async () => {
    const { app, visitor } = await open();
    expect(await visitor.logIn('', 'guess')).toBe('/login');
    const { messages } = await visitor.look('/login');
    // In every way that the application asked for: as a flash message, and as a message of Passport's.
    expect(messages).toEqual(Array.from({ length: waysToTell }, () => 'wrong name or password'));
    expect(await visitor.look('/login')).toEqual({ messages: [] });
    expect(await visitor.look('/shop')).toMatchObject({ user: null });
    expect(app.errors).toEqual([]);
  });

  it('leads to the page that was asked for, and the next one does not', async () => {
    const { visitor } = await open();
    expect((await visitor.browser.get('/account?tab=orders')).headers.get('location')).toBe('/login');
    expect(await visitor.logIn('/keeping')).toBe('/account?tab=orders');
    expect(await visitor.browser.json('/account')).toEqual({ user: 'USER_123', cart: [] });
    expect(await visitor.logIn('/keeping')).toBe('/shop');
  });

  it('has a new id, and the one before is dead: who planted it has nothing', async () => {
    const { visitor } = await open();
    await visitor.look('/login');
    const attacker = visitor.copy();
    await visitor.logIn();
    expect(await visitor.look('/shop')).toMatchObject({ user: 'USER_123' });
    expect(await attacker.look('/shop')).toMatchObject({ user: null });
  });

  it('inherits nothing, unless it is to keep what was there', async () => {
    const { visitor } = await open();
    const fill = async (item: string): Promise<void> => {
      await visitor.look('/shop');
      expect((await visitor.post('/cart', { item })).status).toBe(200);
    };
    await fill('sku-1');
    await visitor.logIn('/keeping');
    expect(await visitor.look('/shop')).toEqual({ user: 'USER_123', cart: ['sku-1'] });
    await fill('sku-2');
    await visitor.logIn();
    expect(await visitor.look('/shop')).toEqual({ user: 'USER_123', cart: [] });
  });

  it.runIf(logoutCanKeep)('can end and leave the rest of the session', async () => {
    const { visitor } = await open();
    await visitor.logIn();
    await visitor.look('/shop');
    await visitor.post('/cart', { item: 'sku-1' });
    const thief = visitor.copy();
    expect((await visitor.post('/logout/keeping')).status).toBe(200);
    expect(await visitor.look('/shop')).toEqual({ user: null, cart: ['sku-1'] });
    expect(await thief.look('/shop')).toEqual({ user: null, cart: [] });
    await visitor.logIn('/keeping');
    await visitor.look('/shop');
    await visitor.post('/logout');
    expect(await visitor.look('/shop')).toEqual({ user: null, cart: [] });
  });
}

function tokens(open: Open): void {
  it('is needed, and good in every tab', async () => {
    const { visitor } = await open();
    expect((await visitor.browser.post('/cart', { item: 'sku-0' })).status).toBe(403);
    await visitor.look('/shop');
    const tab = visitor.copy();
    await tab.look('/shop');
    expect((await visitor.post('/cart', { item: 'sku-1' })).status).toBe(200);
    expect((await tab.post('/cart', { item: 'sku-2' })).status).toBe(200);
    expect(await tab.look('/shop')).toEqual({ user: null, cart: ['sku-1', 'sku-2'] });
  });

  it('is refused in another session, and after a login or a logout in another tab', async () => {
    const { visitor } = await open();
    await visitor.look('/shop');
    const tab = visitor.copy();
    const stranger = new Visitor((await open()).visitor.browser);
    await stranger.look('/shop');
    stranger.token = visitor.token;
    expect((await stranger.post('/cart', { item: 'sku-1' })).status).toBe(403);
    for (const how of ['/login', '/logout']) {
      if (how === '/login') await visitor.logIn();
      else await visitor.post(how);
      await visitor.look('/shop');
      const late = new Visitor(visitor.browser);
      late.token = tab.token;
      expect([how, (await late.post('/cart', { item: 'sku-1' })).status]).toEqual([how, 403]);
      tab.token = visitor.token;
    }
    expect(await visitor.look('/shop')).toEqual({ user: null, cart: [] });
  });
}

function outages(open: Open, { crash, restart }: LoginStores): void {
  it('is no logout: requests fail, the cookie stays, and the login is there again', async () => {
    const { visitor } = await open();
    await visitor.logIn();
    await visitor.look('/shop');
    await crash();
    try {
      for (const ask of [
        () => visitor.browser.get('/shop'),
        () => visitor.post('/cart', { item: 'sku-1' }),
        () => visitor.post('/logout'),
      ]) {
        const { status, headers, text } = await ask();
        expect([status, headers.get('retry-after'), headers.get('set-cookie')]).toEqual([503, '5', null]);
        expect(text).not.toMatch(/127\.0\.0\.1|USER_123/);
      }
    } finally {
      await restart();
    }
    await expect.poll(async () => (await visitor.browser.get('/shop')).status, { timeout: 10_000 }).toBe(200);
    expect(await visitor.look('/shop')).toEqual({ user: 'USER_123', cart: [] });
  });
}
