/** Two application servers over one cluster, with users whose every change that was acknowledged is in the book. */
import { setTimeout } from 'node:timers/promises';

import { createClient, deriveHistorySecret, type Client } from '@sess/client';
import session from '@sess/fastify-plugin';
import { storageKey } from '@sess/session';
import fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify';

import { AccountBook, type Account } from '../src/account-book.ts';

declare module '@sess/session' {
  interface SessionData {
    cart?: number[];
    description?: string;
  }
}

export const SECRET = 'a secret of at least thirty-two bytes, for tests';
/** Until a server is asked again that could not tell. */
const OUT_OF_REACH_MS = 50;
/** Requests that are under way at a time. */
const AT_ONCE = 32;
/** Large enough that a node with little memory is soon full. */
const DESCRIPTION = 'x'.repeat(1_000);

export interface User {
  readonly account: Account;
  cookie: string;
  /** Where the session is stored. */
  key: string;
}

export class Shop {
  readonly book: AccountBook = new AccountBook();
  readonly users: User[] = [];
  /** Of each server. */
  readonly clients: readonly Client[];
  readonly #servers: readonly FastifyInstance[];
  #changes = 0;

  private constructor(clients: readonly Client[], servers: readonly FastifyInstance[]) {
    this.clients = clients;
    this.#servers = servers;
  }

  static async open(servers: string): Promise<Shop> {
    const historySecret = deriveHistorySecret(SECRET);
    const clients = [createClient({ servers, historySecret }), createClient({ servers, historySecret })];
    await Promise.all(clients.map((client) => client.ready()));
    return new Shop(clients, await Promise.all(clients.map(openServer)));
  }

  /** So many people log in, and then change their cart on every server. */
  async evening(people: number): Promise<void> {
    for (let number = 0; number < people; number += 1)
      this.users.push({ account: this.book.open(`user ${number}`), cookie: '', key: '' });
    for (const server of [...this.#servers, ...this.#servers])
      await inTurns(this.users, (user) => this.#change(server, user));
  }

  /** Everybody comes once more, to any server; who is logged out by then, as the book says. */
  async morning(): Promise<readonly User[]> {
    const lost: User[] = [];
    await inTurns(this.users, async (user) => {
      const begun = this.book.begin(user.account);
      const { statusCode, found } = await this.#visit(user);
      const fault = this.book.faultOf(begun, statusCode === 401 ? null : found);
      if (fault === 'lost') lost.push(user);
      else if (fault !== undefined) this.book.note(fault, user.account, found, 'the morning');
    });
    return lost;
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
    await Promise.all(this.clients.map((client) => client.close()));
  }

  async #change(server: FastifyInstance, user: User): Promise<void> {
    const change = (this.#changes += 1);
    const { statusCode, headers, body } = await server.inject({
      method: 'POST',
      url: `/cart/${change}`,
      headers: { cookie: user.cookie, 'x-forwarded-proto': 'https' },
    });
    if (statusCode !== 200) throw new Error(`a change was refused: ${statusCode} ${body}`);
    user.cookie = cookieOf(headers['set-cookie']) ?? user.cookie;
    user.key = body;
    this.book.claim(user.account, change);
  }

  /** Until a server can tell: what is out of reach is not lost. */
  async #visit({ cookie }: User): Promise<{ readonly statusCode: number; readonly found: readonly number[] }> {
    for (let visit = 0; ; visit += 1) {
      const server = this.#servers[Math.floor(Math.random() * this.#servers.length)];
      if (server === undefined) throw new Error('there is no server');
      const { statusCode, body } = await get(server, '/cart', cookie);
      if (statusCode !== 503) return { statusCode, found: statusCode === 200 ? (JSON.parse(body) as number[]) : [] };
      if (visit > 1_000) throw new Error(`a session stays out of reach: ${body}`);
      await setTimeout(OUT_OF_REACH_MS);
    }
  }
}

async function openServer(client: Client): Promise<FastifyInstance> {
  const app = fastify({ trustProxy: true });
  await app.register(session, { client, secret: SECRET, ttlSeconds: 3_600 });
  app.post<{ Params: { change: string } }>('/cart/:change', async ({ session: { data, id }, params }) => {
    data.cart = [...(data.cart ?? []), Number(params.change)];
    data.description = DESCRIPTION;
    return storageKey('s/', id);
  });
  app.get('/cart', async ({ session: { data } }, reply) => data.cart ?? reply.code(401).send());
  await app.ready();
  return app;
}

function get(app: FastifyInstance, url: string, cookie: string): Promise<LightMyRequestResponse> {
  return app.inject({ url, headers: { cookie, 'x-forwarded-proto': 'https' } });
}

function cookieOf(line: string | readonly string[] | undefined): string | undefined {
  const [first] = [line].flat();
  return first?.slice(0, first.indexOf(';'));
}

async function inTurns<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of left) await work(item);
    }),
  );
}
