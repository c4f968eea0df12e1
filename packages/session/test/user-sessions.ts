import type { SessionsOptions } from '../src/options/options.ts';
import type { SessionData } from '../src/session.ts';
import { application, Browser, otherServer, type Application } from './visit.ts';

export const userOf = (data: SessionData): string | undefined => data.user;

/** An application whose store, like memcached, keeps no list of a user's sessions, so that only the epoch ends them. */
export function unlisted(options: Partial<SessionsOptions>): Application {
  const app = application(options);
  const store = { ...app.store };
  Reflect.deleteProperty(store, 'ofUser');
  return { ...app, sessions: otherServer({ ...app, store }, options) };
}

export async function login(app: Pick<Application, 'sessions'>, user = 'USER_123'): Promise<Browser> {
  const browser = new Browser(app);
  await browser.visit((session) => void (session.data.user = user));
  return browser;
}

export const isIn = (browser: Browser): Promise<boolean> => browser.visit((session) => !session.isNew);
