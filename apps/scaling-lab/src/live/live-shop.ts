import { LoadBalancer, type RequestSender } from '../apps/load-balancer.ts';
import type { AppFleet } from '../apps/app-fleet.ts';
import type { Outcome } from '../users/outcome.ts';
import { addToCart, logIn, lookAtProfile } from '../users/shop-visit.ts';
import { makeUsers, type User } from '../users/user.ts';

/** Requests per second. */
export const REQUESTS_PER_SECOND = 60;
const TICK_MS = 50;
/** Most concurrent requests. */
const MOST_UNDER_WAY = 64;
/** A user with this many items only reads the profile. */
const FULL_CART = 8;
/** How long a logged-out user stays at the login form. */
const LOGIN_FORM_MS = 2_000;

/** The current states of a strategy's users, and totals so far. */
export interface ShopCount {
  readonly users: number;
  readonly loggedIn: number;
  /** Users at the login form who did not log out themselves. */
  readonly loggedOut: number;
  /** Users whose last request failed, and who may still be logged in. */
  readonly outOfReach: number;
  /** Number of involuntary logouts since the shop opened. */
  readonly loggedOutSoFar: number;
  readonly requests: number;
}

type State = 'new' | 'logged-in' | 'logged-out' | 'out-of-reach';

/** Users of one strategy who shop until the shop closes, and log in again after each involuntary logout. */
export class LiveShop {
  readonly #balancer: RequestSender;
  readonly #users: readonly User[];
  readonly #states = new Map<User, State>();
  readonly #underWay = new Set<User>();
  readonly #mayLogInAt = new Map<User, number>();
  readonly #timer: NodeJS.Timeout;
  readonly #now: () => number;
  #due = 0;
  #turn = 0;
  #requests = 0;
  #loggedOut = 0;

  constructor(balancer: RequestSender, users: readonly User[], now: () => number = () => performance.now()) {
    this.#balancer = balancer;
    this.#users = users;
    this.#now = now;
    for (const user of users) this.#states.set(user, 'new');
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  static over(fleet: AppFleet, count: number): LiveShop {
    return new LiveShop(new LoadBalancer(fleet), makeUsers(fleet.strategy.name, count));
  }

  get count(): ShopCount {
    const inState = (wanted: State): number => [...this.#states.values()].filter((state) => state === wanted).length;
    return {
      users: this.#users.length,
      loggedIn: inState('logged-in'),
      loggedOut: inState('logged-out'),
      outOfReach: inState('out-of-reach'),
      loggedOutSoFar: this.#loggedOut,
      requests: this.#requests,
    };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    this.#due = Math.min(this.#due + (REQUESTS_PER_SECOND * TICK_MS) / 1_000, MOST_UNDER_WAY);
    for (; this.#due >= 1 && this.#underWay.size < MOST_UNDER_WAY; this.#due -= 1) {
      const user = this.#users[this.#turn % this.#users.length];
      this.#turn += 1;
      if (user === undefined || this.#underWay.has(user) || (this.#mayLogInAt.get(user) ?? 0) > this.#now()) continue;
      this.#underWay.add(user);
      void this.#visit(user).finally(() => this.#underWay.delete(user));
    }
  }

  async #visit(user: User): Promise<void> {
    this.#requests += 1;
    const state = this.#states.get(user);
    if (state === 'new' || state === 'logged-out') {
      if ((await logIn(this.#balancer, user)) === 'logged-in') this.#states.set(user, 'logged-in');
      return;
    }
    const shops = this.#turn % 2 === 0 && user.cart.length < FULL_CART;
    const { outcome } = shops
      ? await addToCart(this.#balancer, user, `sku-${this.#turn}`)
      : await lookAtProfile(this.#balancer, user);
    this.#met(user, outcome);
  }

  #met(user: User, outcome: Outcome): void {
    if (outcome === 'logged-out') {
      this.#loggedOut += 1;
      this.#states.set(user, 'logged-out');
      this.#mayLogInAt.set(user, this.#now() + LOGIN_FORM_MS);
    } else this.#states.set(user, outcome === 'logged-in' ? 'logged-in' : 'out-of-reach');
  }
}
