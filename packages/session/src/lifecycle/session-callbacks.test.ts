import { describe, expect, it } from 'vitest';
import { application, Browser, outage, type Application } from '../../test/visit.ts';
import type { Session, SessionCallback } from '../session.ts';

async function loggedIn(): Promise<{ app: Application; browser: Browser }> {
  const app = application();
  const browser = new Browser(app);
  await browser.visit((session) => void Object.assign(session.data, { user: 'USER_123', cart: ['sku-1'] }));
  return { app, browser };
}

const OPERATIONS: readonly (readonly [
  string,
  (session: Session, callback: SessionCallback) => void,
  'save' | 'load' | 'destroy',
])[] = [
  ['regenerate(callback)', (session, callback) => session.regenerate(callback), 'destroy'],
  ['regenerate(options, callback)', (session, callback) => session.regenerate({ keep: ['cart'] }, callback), 'save'],
  ['regenerate(keys, callback)', (session, callback) => session.regenerate(['cart'], callback), 'save'],
  ['regenerate(undefined, callback)', (session, callback) => session.regenerate(undefined, callback), 'destroy'],
  ['save(callback)', (session, callback) => ((session.data.visits = 1), session.save(callback)), 'save'],
  ['reload(callback)', (session, callback) => session.reload(callback), 'load'],
  ['destroy(callback)', (session, callback) => session.destroy(callback), 'destroy'],
];

describe.each(OPERATIONS)('session.%s', (_, call, asks) => {
  it('calls back with nothing when it has ended, and returns nothing', async () => {
    const { browser } = await loggedIn();
    await browser.visit(
      (session) =>
        new Promise<void>((resolve) => {
          expect(call(session, (...came) => (expect(came).toEqual([]), resolve()))).toBeUndefined();
        }),
    );
  });

  it('calls back with the error, and rejects nothing', async () => {
    const { app, browser } = await loggedIn();
    const session = await browser.open();
    app.store.beforeEach(asks, outage);
    const error = await new Promise((resolve) => call(session, resolve));
    expect(error).toMatchObject({ code: 'SESS_UNAVAILABLE' });
  });
});

describe('callbacks', () => {
  it('may ask for the next operation, as Passport does at a login', async () => {
    const { browser } = await loggedIn();
    await browser.visit(
      (session) =>
        new Promise<void>((resolve, reject) => {
          session.regenerate((error) => {
            if (error) return reject(error);
            session.set('user', 'USER_456');
            session.save((failure) => (failure ? reject(failure) : resolve()));
          });
        }),
    );
    expect(await browser.visit((session) => session.data)).toEqual({ user: 'USER_456' });
  });

  it('hear of a wrong option', async () => {
    const { browser } = await loggedIn();
    const session = await browser.open();
    const error = await new Promise((resolve) => session.regenerate({ keepdata: false } as object, resolve));
    expect(error).toMatchObject({
      code: 'SESS_BAD_OPTION',
      message: expect.stringContaining('unknown option "regenerate.keepdata"'),
    });
  });

  it('must be functions', async () => {
    const { browser } = await loggedIn();
    const session = await browser.open();
    await expect((session.save as (callback: unknown) => Promise<void>)('now')).rejects.toMatchObject({
      code: 'SESS_BAD_OPTION',
    });
  });
});

describe('get and set', () => {
  it('read and change the data', async () => {
    const { browser } = await loggedIn();
    await browser.visit((session) => {
      expect([session.get('user'), session.get('nothing'), session.get('constructor')]).toEqual([
        'USER_123',
        undefined,
        undefined,
      ]);
      session.set('visits', 1);
      session.set('cart', undefined);
    });
    expect(await browser.visit((session) => session.data)).toEqual({ user: 'USER_123', visits: 1 });
  });

  it('pollute nothing', async () => {
    const { browser } = await loggedIn();
    await browser.visit((session) => session.set('__proto__', { isAdmin: true }));
    expect(await browser.visit((session) => 'isAdmin' in session.data)).toBe(false);
  });
});
