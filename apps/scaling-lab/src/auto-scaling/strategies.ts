import { createClient } from '@sess/client';
import { elasticache, type Discovery } from '@sess/discovery';
import type { LocalElastiCache } from '@sess/local-cluster';
import { createSessions, type SessionsOptions } from '@sess/session';

import type { AppConfig } from '../apps/app-messages.ts';
import { openMemcachedBackend } from '../apps/backends/memcached-backend.ts';
import { openMemjsBackend } from '../apps/backends/memjs-backend.ts';
import { ANSWER_TIMEOUT_MS } from '../apps/backends/session-backend.ts';
import { elastiCacheApi } from './aws.ts';

/** One way to store sessions while AWS scales the cluster. */
export interface ScalingStrategy {
  readonly name: ScalingStrategyName;
  readonly does: string;
  readonly library: 'memjs' | 'memcached' | 'sess';
  readonly copies: number;
  /** Whether the clients read the zones of the nodes from AWS. */
  readonly zones: boolean;
  /** Options for `sess elasticache guard`; `undefined`: no guard, so AWS removes nodes itself. */
  readonly guard: string | undefined;
}

export type ScalingStrategyName =
  | 'modulo'
  | 'ketama'
  | 'sess'
  | 'sess-2-copies'
  | 'sess-zones'
  | 'sess-pre-drain'
  | 'sess-guard'
  | 'sess-2-copies-guard';

const SESS = { library: 'sess', copies: 1, zones: false, guard: undefined } as const;

export const SCALING_STRATEGIES: Readonly<Record<ScalingStrategyName, ScalingStrategy>> = {
  modulo: { ...SESS, name: 'modulo', does: 'npm memjs, a new client for each list', library: 'memjs' },
  ketama: { ...SESS, name: 'ketama', does: 'npm memcached, a new client for each list', library: 'memcached' },
  sess: { ...SESS, name: 'sess', does: 'one copy, AWS as it is' },
  'sess-2-copies': { ...SESS, name: 'sess-2-copies', does: 'two copies, AWS as it is', copies: 2 },
  'sess-zones': {
    ...SESS,
    name: 'sess-zones',
    does: 'two copies in different zones, AWS as it is',
    copies: 2,
    zones: true,
  },
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
  },
  'sess-2-copies-guard': {
    ...SESS,
    name: 'sess-2-copies-guard',
    does: 'two copies, and the guard',
    copies: 2,
    guard: '',
  },
};

/** Milliseconds, as in the other scenarios of the lab. Defaults: 10,000, 5,000 and 60,000. */
const HISTORY_INTERVAL_MS = 500;
const CLOCK_SKEW_MS = 100;
const POLL_INTERVAL_MS = 250;
export const PACE: string = `historyIntervalMs=${HISTORY_INTERVAL_MS}&clockSkewMs=${CLOCK_SKEW_MS}&pollIntervalMs=${POLL_INTERVAL_MS}`;
export const HISTORY_SECRET = 'the same for all application servers and the guard';

type Sessions = ReturnType<typeof createSessions>;

/** One application server. */
export interface AppServer {
  readonly sessions: Sessions;
  /** Number of open handovers. */
  readonly handovers: number;
  close(): Promise<void>;
}

export async function openAppServer(
  { library, copies, zones }: Pick<ScalingStrategy, 'library' | 'copies' | 'zones'>,
  aws: LocalElastiCache,
  secret: string,
): Promise<AppServer> {
  const endpoint = aws.configurationEndpoint;
  const options = { secret, ttlSeconds: 3_600, secure: false } as const;
  if (library === 'sess') {
    const client = createClient({
      discovery: discoveryOf(aws, zones),
      copies,
      timeoutMs: ANSWER_TIMEOUT_MS,
      historyIntervalMs: HISTORY_INTERVAL_MS,
      handover: { clockSkewMs: CLOCK_SKEW_MS },
      historySecret: HISTORY_SECRET,
    });
    await client.ready();
    return appServer(
      { ...options, client },
      () => client.close(),
      () => client.handovers.length,
    );
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

/** Reads zones as an application does: from AWS's API. */
function discoveryOf(aws: LocalElastiCache, zones: boolean): Discovery {
  return elasticache(aws.configurationEndpoint, {
    pollIntervalMs: POLL_INTERVAL_MS,
    zones: zones ? { from: elastiCacheApi(aws), cluster: aws.clusterId } : undefined,
  });
}

function appServer(options: SessionsOptions, close: () => Promise<void>, handovers: () => number = () => 0): AppServer {
  const sessions = createSessions(options);
  return {
    sessions,
    get handovers() {
      return handovers();
    },
    async close() {
      await sessions.close();
      await close();
    },
  };
}
