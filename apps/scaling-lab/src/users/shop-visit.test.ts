import { describe, expect, it } from 'vitest';
import type { AppAnswer, AppRequest, RequestSender } from '../apps/load-balancer.ts';
import { addToCart, isRevived, logIn, logOut, lookAtProfile } from './shop-visit.ts';
import { cookieOf, keepCookies, makeUsers, type User } from './user.ts';

/** Gives every request the same answer, and records the requests. */
function app(answer: Partial<AppAnswer> | Error): RequestSender & { readonly sent: AppRequest[] } {
  const sent: AppRequest[] = [];
  return {
    sent,
    send: async (request) => {
      sent.push(request);
      if (answer instanceof Error) throw answer;
      return { status: 200, framework: 'koa', setCookie: undefined, body: undefined, ...answer };
    },
  };
}

function user(cart: readonly string[] = []): User {
  const [only] = makeUsers('t', 1);
  if (only === undefined) throw new Error('one user was asked for');
  keepCookies(only, 'sess=1');
  only.cart = cart;
  return only;
}

describe('logIn', () => {
  it('comes without a cookie, and keeps the one it is given', async () => {
    const visitor = user(['old']);
    const shop = app({ setCookie: 'sess=2; Path=/' });
    expect(await logIn(shop, visitor)).toBe('logged-in');
    expect(shop.sent).toEqual([{ method: 'POST', path: '/login', cookie: undefined, body: { user: 'T_USER_0' } }]);
    expect(visitor).toMatchObject({ cart: [], loggedInBy: 'koa' });
    expect(cookieOf(visitor)).toBe('sess=2');
  });

  it('tells a login that was refused from one that had no answer', async () => {
    expect(await logIn(app({ status: 503 }), user())).toBe('unavailable');
    expect(await logIn(app(new Error('reset')), user())).toBe('failed');
  });
});

describe('lookAtProfile', () => {
  it.each([
    [{ body: { user: 'T_USER_0', cart: [] } }, 'logged-in'],
    [{ body: { user: 'T_USER_1', cart: [] } }, 'stranger'],
    [{ body: 'not an object' }, 'failed'],
    [{ status: 401 }, 'logged-out'],
    [{ status: 503 }, 'unavailable'],
    [{ status: 500 }, 'failed'],
  ])('takes %j for %s', async (answer, outcome) => {
    expect(await lookAtProfile(app(answer), user())).toMatchObject({ outcome, answeredBy: 'koa' });
  });

  it('tells that nothing answered', async () => {
    expect(await lookAtProfile(app(new Error('reset')), user())).toEqual({
      outcome: 'failed',
      answeredBy: undefined,
      itemsMissing: 0,
    });
  });

  it('counts acknowledged items that are gone', async () => {
    const visit = await lookAtProfile(app({ body: { user: 'T_USER_0', cart: ['a', 'extra'] } }), user(['a', 'b']));
    expect(visit).toMatchObject({ outcome: 'logged-in', itemsMissing: 1 });
  });
});

describe('addToCart', () => {
  it('remembers what was acknowledged', async () => {
    const buyer = user(['a']);
    expect(await addToCart(app({ body: { cart: ['a', 'b'] } }), buyer, 'b')).toEqual({
      outcome: 'logged-in',
      itemsMissing: 0,
    });
    expect(buyer).toMatchObject({ cart: ['a', 'b'], busy: false, sawOlder: false });
  });

  it('knows by a new cookie that the session is another one', async () => {
    const buyer = user(['a']);
    expect(await addToCart(app({ body: { cart: ['b'] }, setCookie: 'sess=2' }), buyer, 'b')).toMatchObject({
      outcome: 'logged-out',
    });
    expect(buyer).toMatchObject({ cart: ['a'], sawOlder: false });
    // From now on in that other session, which never held what was acknowledged in the first.
    expect(await addToCart(app({ body: { cart: ['b', 'c'] } }), buyer, 'c')).toEqual({
      outcome: 'logged-out',
      itemsMissing: 0,
    });
    expect(buyer.sawOlder).toBe(false);
  });

  it('knows by what is missing in the same session that it is an older one', async () => {
    const buyer = user(['a']);
    expect(await addToCart(app({ body: { cart: ['b'] } }), buyer, 'b')).toEqual({
      outcome: 'logged-in',
      itemsMissing: 1,
    });
    expect(buyer.sawOlder).toBe(true);
  });

  it('lets go of the user when there is no answer', async () => {
    const buyer = user();
    expect(await addToCart(app(new Error('reset')), buyer, 'b')).toMatchObject({ outcome: 'failed' });
    expect(buyer).toMatchObject({ cart: [], busy: false });
  });
});

describe('logOut', () => {
  it('keeps the cookie that must not work any more, once an app said so', async () => {
    const leaver = user();
    expect(await logOut(app({ status: 204, setCookie: 'sess=; Max-Age=0' }), leaver)).toBe('logged-out');
    expect(leaver).toMatchObject({ left: { cookie: 'sess=1' }, busy: false });
  });

  it('knows nothing about the session of a user whose logout was refused', async () => {
    const leaver = user();
    expect(await logOut(app({ status: 503 }), leaver)).toBe('unavailable');
    expect(leaver.left).toEqual({ cookie: undefined });
  });
});

describe('isRevived', () => {
  it.each([
    [{ status: 200 }, true],
    [{ status: 401 }, false],
    [{ status: 503 }, false],
  ])('takes %j with the cookie of one who left for %s', async (answer, revived) => {
    const leaver = user();
    leaver.left = { cookie: 'sess=1' };
    const shop = app(answer);
    expect(await isRevived(shop, leaver)).toBe(revived);
    expect(shop.sent).toEqual([{ method: 'GET', path: '/profile', cookie: 'sess=1' }]);
  });

  it('asks nothing for a logout that was not acknowledged', async () => {
    const leaver = user();
    leaver.left = { cookie: undefined };
    const shop = app({ status: 200 });
    expect(await isRevived(shop, leaver)).toBe(false);
    expect(shop.sent).toEqual([]);
  });
});
