import type { RequestSender } from './load-balancer.ts';
import { tally, OUTCOMES, type Outcome, type Tally } from './outcome.ts';
import { addToCart, lookAtProfile } from './shop-visit.ts';
import { until } from './until.ts';
import type { User } from './user.ts';

/** Requests a second, per strategy. */
const REQUESTS_PER_SECOND = 150;
const TICK_MS = 20;
/** Requests under way; while there are so many, no more are started. */
const MOST_UNDER_WAY = 96;
/** A user with so many items only looks at the profile: the cart has an end. */
const FULL_CART = 20;

/** Users who go on using the shop while things happen: profile and cart in turn, through all processes in turn, at a steady rate. */
export class Traffic {
  readonly #balancer: RequestSender;
  readonly #users: readonly User[];
  readonly #timer: NodeJS.Timeout;
  readonly #underWay = new Set<Promise<void>>();
  readonly #counts: Record<Outcome, number> = { ...tally([]) };
  #sent = 0;
  #answered = 0;

  constructor(balancer: RequestSender, users: readonly User[]) {
    this.#balancer = balancer;
    this.#users = users;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Outcomes so far. */
  get counts(): Tally {
    return { ...this.#counts };
  }

  /** Resolves when `count` more requests have been settled. */
  async settled(count: number, signal: AbortSignal): Promise<void> {
    const goal = this.#answered + count;
    await until(() => (this.#answered >= goal ? undefined : `${goal - this.#answered} of ${count} requests are not settled`), {
      what: 'background traffic',
      everyMs: TICK_MS,
      timeoutMs: 30_000,
      signal,
    });
  }

  /** Starts no more requests, and resolves when the last has settled. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
  }

  #tick(): void {
    for (let left = (REQUESTS_PER_SECOND * TICK_MS) / 1_000; left > 0 && this.#underWay.size < MOST_UNDER_WAY; left -= 1) {
      const user = this.#users[this.#sent % this.#users.length];
      this.#sent += 1;
      if (user === undefined || user.busy) continue;
      const request = this.#visit(user, this.#sent).finally(() => this.#underWay.delete(request));
      this.#underWay.add(request);
    }
  }

  async #visit(user: User, number: number): Promise<void> {
    // Every second user of the rotation shops, every second rotation the other half.
    const shops = (number + Math.floor(number / this.#users.length)) % 2 === 0 && user.cart.length < FULL_CART;
    const outcome = shops ? await addToCart(this.#balancer, user, `sku-${number}`) : (await lookAtProfile(this.#balancer, user)).outcome;
    this.#counts[outcome] += 1;
    this.#answered += 1;
  }
}

/** What was counted between two moments. */
export function since(before: Tally, now: Tally): Tally {
  const difference: Record<Outcome, number> = { ...now };
  for (const outcome of OUTCOMES) difference[outcome] -= before[outcome];
  return difference;
}
