import type { RequestSender } from '../apps/load-balancer.ts';
import { tally, OUTCOMES, type Outcome, type Tally } from './outcome.ts';
import { addToCart, logOut, lookAtProfile, type ProfileVisit } from './shop-visit.ts';
import type { Timeline } from './timeline.ts';
import { until } from '../process/until.ts';
import type { User } from './user.ts';

/** Requests per second, for each strategy. */
const REQUESTS_PER_SECOND = 80;
const TICK_MS = 25;
/** Most concurrent requests. */
const MOST_UNDER_WAY = 96;
/** A user with this many items only reads the profile: the size of a cart is limited. */
const FULL_CART = 20;
/** One in this many requests is a logout, until a fifth of the users have logged out. */
const LOGOUT_EVERY = 30;
const MOST_LEAVE = 1 / 5;

/**
 * Background traffic during the events: users read the profile and fill the cart in turn, and sometimes log out, at a
 * steady rate, through all processes in turn.
 */
export class Traffic {
  /** Whether users sometimes log out. */
  logouts = true;
  readonly #balancer: RequestSender;
  readonly #users: readonly User[];
  readonly #timeline: Timeline;
  readonly #timer: NodeJS.Timeout;
  readonly #underWay = new Set<Promise<void>>();
  readonly #counts: Record<Outcome, number> = { ...tally([]) };
  #sent = 0;
  #answered = 0;
  #left = 0;

  constructor(balancer: RequestSender, users: readonly User[], timeline: Timeline) {
    this.#balancer = balancer;
    this.#users = users;
    this.#timeline = timeline;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Outcomes so far, without acknowledged logouts. */
  get counts(): Tally {
    return { ...this.#counts };
  }

  /** Number of settled requests so far. */
  get answered(): number {
    return this.#answered;
  }

  /** Resolves when `count` more requests have settled. */
  async settled(count: number, signal: AbortSignal): Promise<void> {
    const goal = this.#answered + count;
    await until(
      () => (this.#answered >= goal ? undefined : `${goal - this.#answered} of ${count} requests are not settled`),
      {
        what: 'background traffic',
        everyMs: TICK_MS,
        timeoutMs: 60_000,
        signal,
      },
    );
  }

  /** Starts no more requests. Resolves when the last one has settled. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
  }

  #tick(): void {
    for (
      let left = (REQUESTS_PER_SECOND * TICK_MS) / 1_000;
      left > 0 && this.#underWay.size < MOST_UNDER_WAY;
      left -= 1
    ) {
      const user = this.#users[this.#sent % this.#users.length];
      this.#sent += 1;
      if (user === undefined || user.busy || user.left !== undefined) continue;
      const request = this.#visit(user, this.#sent).finally(() => this.#underWay.delete(request));
      this.#underWay.add(request);
    }
  }

  async #visit(user: User, number: number): Promise<void> {
    const visit = await this.#act(user, number);
    this.#answered += 1;
    if (visit === undefined) return;
    this.#counts[visit.outcome] += 1;
    this.#timeline.answer(visit.outcome, visit.itemsMissing > 0);
  }

  /** Resolves to `undefined` for an acknowledged logout. */
  async #act(user: User, number: number): Promise<Pick<ProfileVisit, 'outcome' | 'itemsMissing'> | undefined> {
    if (this.logouts && number % LOGOUT_EVERY === 0 && this.#left < this.#users.length * MOST_LEAVE) {
      this.#left += 1;
      const outcome = await logOut(this.#balancer, user);
      return outcome === 'logged-out' ? undefined : { outcome, itemsMissing: 0 };
    }
    // Every second user of a rotation shops; the next rotation, it is the other half.
    const shops = (number + Math.floor(number / this.#users.length)) % 2 === 0 && user.cart.length < FULL_CART;
    return shops ? addToCart(this.#balancer, user, `sku-${number}`) : lookAtProfile(this.#balancer, user);
  }
}

/** The difference of two counts. */
export function since(before: Tally, now: Tally): Tally {
  const difference: Record<Outcome, number> = { ...now };
  for (const outcome of OUTCOMES) difference[outcome] -= before[outcome];
  return difference;
}
