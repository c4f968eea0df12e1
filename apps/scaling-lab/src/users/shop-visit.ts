import type { AppAnswer, AppRequest, RequestSender } from '../apps/load-balancer.ts';
import type { Framework } from '../apps/app-messages.ts';
import { outcomeOfStatus, type Outcome } from './outcome.ts';
import { cookieOf, keepCookies, type User } from './user.ts';

/** A request for a profile. */
export interface ProfileVisit {
  readonly outcome: Outcome;
  /** The framework that answered; `undefined` without an answer. */
  readonly answeredBy: Framework | undefined;
  /** Number of acknowledged items that the cart lacks. */
  readonly itemsMissing: number;
}

/** Logs `user` in without a cookie. */
export async function logIn(balancer: RequestSender, user: User): Promise<Outcome> {
  user.jar.removeAllCookiesSync();
  user.cart = [];
  user.left = undefined;
  user.lostSession = false;
  const answer = await ask(balancer, user, {
    method: 'POST',
    path: '/login',
    cookie: undefined,
    body: { user: user.name },
  });
  if (answer === undefined) return 'failed';
  if (answer.status !== 200) return outcomeOfStatus(answer.status);
  user.loggedInBy = answer.framework;
  return 'logged-in';
}

/**
 * Requests the profile of `user`, preferably from `framework`, and compares the cart with the acknowledged items.
 */
export async function lookAtProfile(balancer: RequestSender, user: User, framework?: Framework): Promise<ProfileVisit> {
  const acknowledged = user.cart;
  const answer = await ask(balancer, user, { method: 'GET', path: '/profile', cookie: cookieOf(user) }, framework);
  const answeredBy = answer?.framework;
  const outcome = outcomeOf(answer, (body) => (body['user'] === user.name ? 'logged-in' : 'stranger'));
  if (outcome !== 'logged-in') return { outcome, answeredBy, itemsMissing: 0 };
  const cart = new Set(cartIn(answer));
  const itemsMissing = acknowledged.filter((item) => !cart.has(item)).length;
  if (itemsMissing > 0) user.sawOlder = true;
  return { outcome, answeredBy, itemsMissing };
}

/**
 * Puts `item` into the cart of `user`. A logged-out user also gets a cart, in a new session, which a new cookie shows.
 * A cart in the same session that lacks earlier items is an older state.
 */
export async function addToCart(
  balancer: RequestSender,
  user: User,
  item: string,
): Promise<Pick<ProfileVisit, 'outcome' | 'itemsMissing'>> {
  return whileBusy(user, async () => {
    const cookie = cookieOf(user);
    const answer = await ask(balancer, user, { method: 'POST', path: '/cart', cookie, body: { item } });
    const outcome = outcomeOf(answer, () => {
      if (cookieOf(user) !== cookie) user.lostSession = true;
      return user.lostSession ? 'logged-out' : 'logged-in';
    });
    if (outcome !== 'logged-in') return { outcome, itemsMissing: 0 };
    const cart = cartIn(answer);
    const itemsMissing = user.cart.filter((each) => !cart.includes(each)).length;
    if (itemsMissing > 0) user.sawOlder = true;
    user.cart = [...user.cart, item];
    return { outcome, itemsMissing };
  });
}

/**
 * Logs `user` out. If an app acknowledges it, keeps the old cookie, which must not work any more. Resolves to
 * `logged-out` on success.
 */
export async function logOut(balancer: RequestSender, user: User): Promise<Outcome> {
  return whileBusy(user, async () => {
    const cookie = cookieOf(user);
    user.left = { cookie: undefined };
    const answer = await ask(balancer, user, { method: 'POST', path: '/logout', cookie });
    if (answer === undefined) return 'failed';
    if (answer.status !== 204) return outcomeOfStatus(answer.status);
    user.left = { cookie };
    return 'logged-out';
  });
}

/** Whether the cookie of a user who logged out still opens the session. */
export async function isRevived(balancer: RequestSender, { left }: User): Promise<boolean> {
  if (left?.cookie === undefined) return false;
  try {
    return (await balancer.send({ method: 'GET', path: '/profile', cookie: left.cookie })).status === 200;
  } catch {
    return false;
  }
}

async function whileBusy<T>(user: User, work: () => Promise<T>): Promise<T> {
  user.busy = true;
  try {
    return await work();
  } finally {
    user.busy = false;
  }
}

/** `undefined` if no process answered. */
async function ask(
  balancer: RequestSender,
  user: User,
  request: AppRequest,
  framework?: Framework,
): Promise<AppAnswer | undefined> {
  try {
    const answer = await balancer.send(request, framework);
    keepCookies(user, answer.setCookie);
    return answer;
  } catch {
    return undefined;
  }
}

function outcomeOf(
  answer: AppAnswer | undefined,
  whenOk: (body: Readonly<Record<string, unknown>>) => Outcome,
): Outcome {
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
