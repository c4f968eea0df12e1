import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppAnswer, AppRequest } from '../apps/load-balancer.ts';
import { makeUsers } from '../users/user.ts';
import { LiveShop } from './live-shop.ts';

const OK = { status: 200, framework: 'koa', setCookie: undefined } as const;

/** An app that answers by `status`; whoever logs in gets a session. */
function app(): { status: number; readonly asked: AppRequest[]; send(request: AppRequest): Promise<AppAnswer> } {
  const carts = new Map<unknown, unknown[]>();
  let user: unknown;
  return {
    status: 200,
    asked: [],
    async send(request) {
      this.asked.push(request);
      if (request.path === '/login') {
        user = request.body?.['user'];
        carts.set(user, []);
        return { ...OK, setCookie: `sess=${this.asked.length}; Path=/`, body: {} };
      }
      if (this.status !== 200) return { ...OK, status: this.status, body: undefined };
      const cart = carts.get(user) ?? [];
      if (request.path === '/cart') cart.push(request.body?.['item']);
      return { ...OK, body: { user, cart: [...cart] } };
    },
  };
}

function pass(milliseconds: number): Promise<unknown> {
  return vi.advanceTimersByTimeAsync(milliseconds);
}

describe('a shop that is open while nodes change', () => {
  let shop: LiveShop;
  beforeEach(() => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
  afterEach(() => {
    shop.close();
    vi.useRealTimers();
  });

  it('counts each time that a user is logged out once, and has them log in again a moment later', async () => {
    const balancer = app();
    shop = new LiveShop(balancer, makeUsers('t', 1));
    await pass(1_000);
    expect(shop.count).toMatchObject({ users: 1, loggedIn: 1, loggedOut: 0, loggedOutSoFar: 0 });
    balancer.status = 401;
    await pass(1_000);
    expect(shop.count).toMatchObject({ loggedIn: 0, loggedOut: 1, loggedOutSoFar: 1 });
    balancer.status = 200;
    await pass(3_000);
    expect(shop.count).toMatchObject({ loggedIn: 1, loggedOut: 0, loggedOutSoFar: 1 });
    expect(balancer.asked.filter(({ path }) => path === '/login')).toHaveLength(2);
  });

  it('takes nobody who meets an error for logged out', async () => {
    const balancer = app();
    shop = new LiveShop(balancer, makeUsers('t', 1));
    await pass(1_000);
    balancer.status = 503;
    await pass(1_000);
    expect(shop.count).toMatchObject({ loggedIn: 0, outOfReach: 1, loggedOutSoFar: 0 });
    balancer.status = 200;
    await pass(1_000);
    expect(shop.count).toMatchObject({ loggedIn: 1, outOfReach: 0 });
  });

  it('asks no more while nothing answers, and stops when it closes', async () => {
    let asked = 0;
    const silent = { send: () => new Promise<AppAnswer>(() => void (asked += 1)) };
    shop = new LiveShop(silent, makeUsers('t', 500));
    await pass(60_000);
    expect(asked).toBe(64);
    shop.close();
    await pass(60_000);
    expect(asked).toBe(64);
  });
});
