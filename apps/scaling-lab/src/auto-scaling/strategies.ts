import { createClient } from '@sess/client';
import { createSessions, type SessionsOptions } from '@sess/session';

import type { AppConfig } from '../apps/app-messages.ts';
import { openMemcachedBackend } from '../apps/backends/memcached-backend.ts';
import { openMemjsBackend } from '../apps/backends/memjs-backend.ts';
import { ANSWER_TIMEOUT_MS } from '../apps/backends/session-backend.ts';

/** What keeps sessions while AWS scales the cluster. */
export interface ScalingStrategy {
  readonly name: ScalingStrategyName;
  readonly does: string;
  readonly library: 'memjs' | 'memcached' | 'sess';
  readonly copies: number;
  /** Words for `sess elasticache guard`; `undefined`: AWS does as it likes. */
  readonly guard: string | undefined;
  /** This project promises that nobody is logged out where nodes are added and taken away one at a time. */
  readonly isJudged: boolean;
}

export type ScalingStrategyName =
  | 'modulo'
  | 'ketama'
  | 'sess'
  | 'sess-2-copies'
  | 'sess-pre-drain'
  | 'sess-guard'
  | 'sess-2-copies-guard';

const SESS = { library: 'sess', copies: 1, guard: undefined, isJudged: false } as const;

export const SCALING_STRATEGIES: Readonly<Record<ScalingStrategyName, ScalingStrategy>> = {
  modulo: { ...SESS, name: 'modulo', does: 'npm memjs, a new client for each list', library: 'memjs' },
  ketama: { ...SESS, name: 'ketama', does: 'npm memcached, a new client for each list', library: 'memcached' },
  sess: { ...SESS, name: 'sess', does: 'one copy, AWS as it is' },
  // AWS takes the next node before the copies of the one before are restored: nothing is promised.
  'sess-2-copies': { ...SESS, name: 'sess-2-copies', does: 'two copies, AWS as it is', copies: 2 },
  'sess-pre-drain': {
    ...SESS,
    name: 'sess-pre-drain',
    does: 'one copy, AWS scales in, and the guard keeps the last three nodes empty',
    guard: '--no-policy --pre-drain 3',
  },
  'sess-guard': {
    ...SESS,
    name: 'sess-guard',
    does: 'one copy, AWS only scales out, and the guard scales in',
    guard: '',
    isJudged: true,
  },
  'sess-2-copies-guard': {
    ...SESS,
    name: 'sess-2-copies-guard',
    does: 'two copies, and the guard',
    copies: 2,
    guard: '',
    isJudged: true,
  },
};

/** Milliseconds: as the other scenarios of the lab have it, about a twentieth of the defaults. */
export const PACE = 'historyIntervalMs=500&clockSkewMs=100&pollIntervalMs=250';
export const HISTORY_SECRET = 'the same for all application servers and the guard';
const POLL_INTERVAL_MS = 250;

type Sessions = ReturnType<typeof createSessions>;

/** One application server. */
export interface AppServer {
  readonly sessions: Sessions;
  close(): Promise<void>;
}

export async function openAppServer(
  { library, copies }: ScalingStrategy,
  endpoint: string,
  secret: string,
): Promise<AppServer> {
  const options = { secret, ttlSeconds: 3_600, secure: false } as const;
  if (library === 'sess') {
    const client = createClient({
      servers: `elasticache://${endpoint}?${PACE}&timeoutMs=${ANSWER_TIMEOUT_MS}`,
      copies,
      historySecret: HISTORY_SECRET,
    });
    await client.ready();
    return appServer({ ...options, client }, () => client.close());
  }
  const config: AppConfig = {
    framework: 'fastify',
    store: library,
    nodes: { kind: 'endpoint', endpoint },
    secret,
    port: 0,
    copies,
    transport: 'text',
    database: undefined,
    pollIntervalMs: POLL_INTERVAL_MS,
  };
  const backend = library === 'memjs' ? openMemjsBackend(config) : openMemcachedBackend(config);
  await backend.ready();
  if (!('store' in backend.sessions)) throw new Error('a foreign library is behind a store');
  return appServer({ ...options, store: backend.sessions.store }, () => backend.close());
}

function appServer(options: SessionsOptions, close: () => Promise<void>): AppServer {
  const sessions = createSessions(options);
  return {
    sessions,
    async close() {
      await sessions.close();
      await close();
    },
  };
}
