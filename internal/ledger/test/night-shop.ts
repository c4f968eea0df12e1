/** Two application servers over one cluster; the book has every acknowledged change of their users. */
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
/** Pause before a retry after 503. */
const OUT_OF_REACH_MS = 50;
/** Concurrent requests. */
const AT_ONCE = 32;
/** Fills a node with little memory soon. */
const DESCRIPTION = 'x'.repeat(1_000);

export interface User {
  readonly account: Account;
  cookie: string;
  /** The storage key of the session. */
  key: string;
}

export class Shop {
  readonly book: AccountBook = new AccountBook();
  readonly users: User[] = [];
  /** One per server. */
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

  /** `people` users log in, then each changes their cart on every server. */
  async evening(people: number): Promise<void> {
    for (let number = 0; number < people; number += 1)
      this.users.push({ account: this.book.open(`user ${number}`), cookie: '', key: '' });
    for (const server of [...this.#servers, ...this.#servers])
      await inTurns(this.users, (user) => this.#change(server, user));
  }

  /** Every user visits a random server once more. Returns the users who are logged out, according to the book. */
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

  /** Retries while a server answers 503: a session out of reach is not lost. */
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
