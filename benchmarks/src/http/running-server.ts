import { isDeepStrictEqual } from 'node:util';
import { ChildProgram } from '@sess/loopback';
import { addOne, fullCart, ROUTES, type Cart } from './cart.ts';
import type { Contender } from './contenders.ts';

/** A server in its own process, with visitors who have a cart in their session. */
export interface RunningServer {
  /** The server's URL, without a path. */
  readonly origin: string;
  /** The `Cookie` headers of its visitors. */
  readonly cookies: readonly string[];
  /** User and system time that its process has used, in microseconds. */
  cpu(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a server, creates the sessions of `visitors`, and checks that the server reads them back. */
export async function startServer(
  { label, module, routes, variant }: Contender,
  memcached: string,
  visitors: number,
  cores: string | undefined,
): Promise<RunningServer> {
  const program = new URL('./worker.js', import.meta.url);
  const worker = new ChildProgram<{ port: number; cpu: number }>(program, {
    name: label,
    args: [module, memcached, variant],
    cores,
  });
  const { port } = await worker.next();
  const origin = `http://127.0.0.1:${port}`;
  const cookies: string[] = [];
  for (let visitor = 0; visitor < visitors; visitor += 1) {
    const { setCookies } = await post(`${origin}/cart`, '');
    cookies.push(setCookies.map((line) => line.split(';')[0]).join('; '));
  }
  for (const cookie of cookies) await mustRead(origin, cookie, fullCart(), label);
  if (routes.includes('change')) await mustChange(origin, cookies[0] ?? '', label);
  if (routes.includes('login')) await mustLogIn(origin, label);
  return { origin, cookies, cpu: async () => (await worker.ask({ want: 'cpu' })).cpu, stop: () => worker.stop() };
}

async function mustRead(origin: string, cookie: string, cart: Cart, label: string): Promise<void> {
  const seen: unknown = await (await fetch(`${origin}${ROUTES.read.path}`, { headers: { cookie } })).json();
  if (!isDeepStrictEqual(seen, cart)) throw new Error(`${label} does not read back the cart that it stored`);
}

/** Checks that the server changes the cart: a server that changes nothing would be the fastest. */
async function mustChange(origin: string, cookie: string, label: string): Promise<void> {
  const cart = fullCart();
  addOne(cart);
  const { setCookies } = await post(`${origin}${ROUTES.change.path}`, cookie);
  // A server that stores the session in the cookie returns a new one.
  const kept = setCookies.length > 0 ? setCookies.map((line) => line.split(';')[0]).join('; ') : cookie;
  await mustRead(origin, kept, cart, label);
}

/** Checks that the server logs users in, for the same reason. */
async function mustLogIn(origin: string, label: string): Promise<void> {
  const ids = [await post(`${origin}${ROUTES.login.path}`, ''), await post(`${origin}${ROUTES.login.path}`, '')].map(
    (login) => login.setCookies,
  );
  if (ids.some((lines) => lines.length === 0) || isDeepStrictEqual(ids[0], ids[1]))
    throw new Error(`${label} logs in under no new id`);
}

async function post(url: string, cookie: string): Promise<{ readonly setCookies: readonly string[] }> {
  const response = await fetch(url, { method: 'POST', headers: cookie === '' ? {} : { cookie } });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`POST ${url} was answered with ${response.status}`);
  return { setCookies: response.headers.getSetCookie() };
}
