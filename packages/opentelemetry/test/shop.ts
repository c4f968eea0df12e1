import { createClient, type Client } from '@sess/client';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { createSessions, type RequestSession, type Session, type Sessions } from '@sess/session';
import { inject, onTestFinished } from 'vitest';

declare module '@sess/session' {
  interface SessionData {
    user?: string;
  }
}

const SECRET = 'SECRET-that-nobody-may-see-in-metrics';
export const USER = 'USER_THAT_NOBODY_MAY_SEE';

const [runtime = 'embedded'] = inject('mainRuntimes');

export interface Shop {
  readonly cluster: LocalCluster;
  readonly client: Client;
  readonly sessions: Sessions;
  /** Ids and keys that were used so far: none may be seen. */
  readonly secrets: Set<string>;
  /** One request with a cookie, or without; the cookie that the browser has afterwards. */
  visit(cookie: string | undefined, handler: (session: Session) => unknown): Promise<string | undefined>;
}

/** An application over real nodes. */
export async function openShop(nodes = 2): Promise<Shop> {
  const cluster = await startLocalCluster({ nodes, runtime });
  onTestFinished(() => cluster.close());
  const client = createClient({ servers: cluster.nodes.map(({ id }) => id), historySecret: SECRET });
  onTestFinished(() => client.close());
  await client.ready();
  const sessions = createSessions({ client, secret: SECRET, ttlSeconds: 600, secure: true, log: () => {} });
  const secrets = new Set<string>([SECRET, USER]);
  return {
    cluster,
    client,
    sessions,
    secrets,
    async visit(cookie, handler) {
      const connection = { secure: true, response: { headersSent: false, writableEnded: false } };
      const opened: RequestSession = await sessions.open(cookie, connection);
      await handler(opened.current);
      await opened.commit();
      const line = opened.takeCookie();
      if (opened.wasRead) secrets.add(opened.current.id);
      if (line === undefined) return cookie;
      const pair = line.slice(0, line.indexOf(';'));
      const value = decodeURIComponent(pair.slice(pair.indexOf('=') + 1));
      if (value !== '') secrets.add(value);
      return pair;
    },
  };
}

/** A login, a read, a change, a conflict-free touch and a logout; then a visit with the dead cookie. */
export async function shopping(shop: Shop): Promise<void> {
  let cookie = await shop.visit(undefined, (session) => void (session.data.user = USER));
  cookie = await shop.visit(cookie, (session) => session.data.user);
  cookie = await shop.visit(cookie, (session) => session.regenerate({ keep: true }));
  cookie = await shop.visit(cookie, (session) => session.touch());
  await shop.visit(cookie, (session) => session.destroy());
  await shop.visit(cookie, (session) => session.data.user);
}
