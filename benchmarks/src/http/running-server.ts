import { isDeepStrictEqual } from 'node:util';
import { ChildProgram } from '@sess/child-program';
import { fullCart } from './cart.ts';
import type { Contender } from './contenders.ts';

/** A server in a process of its own, with visitors who have a cart in their session. */
export interface RunningServer {
  readonly url: string;
  /** The `Cookie` headers of its visitors. */
  readonly cookies: readonly string[];
  /** User and system time that its process has used, in microseconds. */
  cpu(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a server, fills the sessions of `visitors`, and makes sure that it reads back what it keeps. */
export async function startServer(
  { label, module, variant }: Contender,
  memcached: string,
  visitors: number,
  cores: string | undefined,
): Promise<RunningServer> {
  const program = new URL('./worker.js', import.meta.url);
  const worker = new ChildProgram<{ port: number; cpu: number }>(program, { name: label, args: [module, memcached, variant], cores });
  const { port } = await worker.next();
  const url = `http://127.0.0.1:${port}/cart`;
  const cookies: string[] = [];
  for (let visitor = 0; visitor < visitors; visitor += 1) {
    const login = await fetch(url, { method: 'POST' });
    await login.arrayBuffer();
    const setCookies = login.headers.getSetCookie();
    cookies.push(setCookies.map((line) => line.split(';')[0]).join('; '));
  }
  for (const cookie of cookies) {
    const seen: unknown = await (await fetch(url, { headers: { cookie } })).json();
    if (!isDeepStrictEqual(seen, fullCart())) throw new Error(`${label} does not read back the cart that it stored`);
  }
  return { url, cookies, cpu: async () => (await worker.ask({ want: 'cpu' })).cpu, stop: () => worker.stop() };
}
