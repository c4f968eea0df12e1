import type { AppAnswer, AppRequest, RequestSender } from './load-balancer.ts';
import type { Framework } from './app-messages.ts';
import { outcomeOfStatus, type Outcome } from './outcome.ts';
import type { User } from './user.ts';

/** A look at a profile. */
export interface ProfileVisit {
  readonly outcome: Outcome;
  /** What answered; `undefined` when nothing did. */
  readonly answeredBy: Framework | undefined;
  /** Items that the apps had acknowledged and that the cart no longer has. */
  readonly itemsMissing: number;
}

/** Logs `user` in anew, as one who comes without a cookie. */
export async function logIn(balancer: RequestSender, user: User): Promise<Outcome> {
  user.jar.clear();
  user.cart = [];
  const answer = await ask(balancer, user, { method: 'POST', path: '/login', cookie: undefined, body: { user: user.name } });
  if (answer === undefined) return 'failed';
  if (answer.status !== 200) return outcomeOfStatus(answer.status);
  user.loggedInBy = answer.framework;
  return 'logged-in';
}

/** Asks for the profile of `user`, through `framework` where there is a choice, and holds the cart against what was acknowledged. */
export async function lookAtProfile(balancer: RequestSender, user: User, framework?: Framework): Promise<ProfileVisit> {
  const acknowledged = user.cart;
  const answer = await ask(balancer, user, { method: 'GET', path: '/profile', cookie: user.jar.header }, framework);
  const answeredBy = answer?.framework;
  const outcome = outcomeOf(answer, (body) => (body['user'] === user.name ? 'logged-in' : 'stranger'));
  if (outcome !== 'logged-in') return { outcome, answeredBy, itemsMissing: 0 };
  const cart = new Set(cartIn(answer));
  return { outcome, answeredBy, itemsMissing: acknowledged.filter((item) => !cart.has(item)).length };
}

/**
 * Puts `item` into the cart of `user`. Who is logged out has a cart all the same, in a new session: that shows in a new cookie, or in a cart
 * without what was in it before.
 */
export async function addToCart(balancer: RequestSender, user: User, item: string): Promise<Outcome> {
  user.busy = true;
  try {
    const cookie = user.jar.header;
    const answer = await ask(balancer, user, { method: 'POST', path: '/cart', cookie, body: { item } });
    const cart = cartIn(answer);
    const sameSession = user.jar.header === cookie && user.cart.every((each) => cart.includes(each));
    const outcome = outcomeOf(answer, () => (sameSession ? 'logged-in' : 'logged-out'));
    if (outcome === 'logged-in') user.cart = [...user.cart, item];
    return outcome;
  } finally {
    user.busy = false;
  }
}

/** `undefined` when no process answered. */
async function ask(balancer: RequestSender, user: User, request: AppRequest, framework?: Framework): Promise<AppAnswer | undefined> {
  try {
    const answer = await balancer.send(request, framework);
    user.jar.store(answer.setCookie);
    return answer;
  } catch {
    return undefined;
  }
}

function outcomeOf(answer: AppAnswer | undefined, whenOk: (body: Readonly<Record<string, unknown>>) => Outcome): Outcome {
  if (answer === undefined) return 'failed';
  if (answer.status !== 200) return outcomeOfStatus(answer.status);
  return isObject(answer.body) ? whenOk(answer.body) : 'failed';
}

function cartIn(answer: AppAnswer | undefined): readonly unknown[] {
  const body = answer?.body;
  return isObject(body) && Array.isArray(body['cart']) ? body['cart'] : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
