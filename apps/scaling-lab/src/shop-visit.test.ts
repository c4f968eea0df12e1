import { describe, expect, it } from 'vitest';
import type { AppAnswer, AppRequest, RequestSender } from './load-balancer.ts';
import { addToCart, logIn, lookAtProfile } from './shop-visit.ts';
import { makeUsers, type User } from './user.ts';

/** Answers every request alike, and keeps what it was sent. */
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
  only.jar.store('sess=1');
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
    expect(visitor.jar.header).toBe('sess=2');
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
    expect(await lookAtProfile(app(new Error('reset')), user())).toEqual({ outcome: 'failed', answeredBy: undefined, itemsMissing: 0 });
  });

  it('counts acknowledged items that are gone', async () => {
    const visit = await lookAtProfile(app({ body: { user: 'T_USER_0', cart: ['a', 'extra'] } }), user(['a', 'b']));
    expect(visit).toMatchObject({ outcome: 'logged-in', itemsMissing: 1 });
  });
});

describe('addToCart', () => {
  it('remembers what was acknowledged', async () => {
    const buyer = user(['a']);
    expect(await addToCart(app({ body: { cart: ['a', 'b'] } }), buyer, 'b')).toBe('logged-in');
    expect(buyer).toMatchObject({ cart: ['a', 'b'], busy: false });
  });

  it('knows by a new cookie, or by what is missing, that the session is another one', async () => {
    const empty = user();
    expect(await addToCart(app({ body: { cart: ['b'] }, setCookie: 'sess=2' }), empty, 'b')).toBe('logged-out');
    const full = user(['a']);
    expect(await addToCart(app({ body: { cart: ['b'] } }), full, 'b')).toBe('logged-out');
    expect(full.cart).toEqual(['a']);
  });

  it('lets go of the user when there is no answer', async () => {
    const buyer = user();
    expect(await addToCart(app(new Error('reset')), buyer, 'b')).toBe('failed');
    expect(buyer).toMatchObject({ cart: [], busy: false });
  });
});
