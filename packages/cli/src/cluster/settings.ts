import { deriveHistorySecret, type ClientOptions, type Credentials, type DistributionFactory } from '@sess/client';
import { ketama, modulo, rendezvous } from '@sess/hash-ring';

import { ownPodIn, type OwnPod } from './own-pod.ts';
import { UsageError } from '../usage-error.ts';

/** The cluster, and how to connect to it. */
export interface ClusterSettings {
  /** A URL, or a list as `createClient` takes it. */
  readonly servers: string | readonly string[];
  readonly historySecret: string | undefined;
  /** Where the history's secret was given; `undefined` if there is none. */
  readonly secretFrom: string | undefined;
  readonly credentials: Credentials | undefined;
  /** How keys map to nodes. */
  readonly distribution: DistributionFactory;
  readonly dialect: 'auto' | 'meta' | 'classic';
  /** From the URL; otherwise read from the history. */
  readonly copies: number | undefined;
  /** Zones by node id, read from the history if the list has none. */
  readonly zones?: ReadonlyMap<string, string>;
  /** `historyIntervalMs` of the application servers: from the URL, or the client's default. */
  readonly historyIntervalMs: number;
  /** The pod in which the command runs; `undefined` outside of one. */
  readonly ownPod: OwnPod | undefined;
  /** Timeouts that the URL does not set. Longer than for a request, because a person waits. */
  readonly timeouts: Pick<ClientOptions, 'timeoutMs' | 'connectTimeoutMs' | 'readyTimeoutMs'>;
}

export const DISTRIBUTIONS: Readonly<Record<string, DistributionFactory>> = {
  ketama: (nodes) => ketama(nodes),
  modulo: (nodes) => modulo(nodes),
  rendezvous: (nodes) => rendezvous(nodes),
};

const TIMEOUTS = { timeoutMs: 2_000, connectTimeoutMs: 2_000, readyTimeoutMs: 5_000 };

const HISTORY_INTERVAL_MS = 10_000;

const FORMS = 'elasticache://ENDPOINT:11211, memcached://HOST:11211,HOST:11211, dns://NAME:11211 or srv://NAME';

/**
 * Reads `--servers` and the environment.
 *
 * @throws {UsageError} if no cluster is given, or if the command line contains a secret
 */
export function clusterSettings(
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): ClusterSettings {
  if (given !== undefined) refuseSecrets(given);
  const servers = (given ?? env['SESS_SERVERS'] ?? '').trim();
  if (servers === '')
    throw new UsageError(`Which cluster? Set SESS_SERVERS, or give --servers, to a URL such as ${FORMS}.`);
  const parameters = new URLSearchParams(servers.split('?')[1] ?? '');
  const copies = parameters.get('copies');
  return {
    servers: servers.includes('://') ? servers : servers.split(',').map((server) => server.trim()),
    historySecret: parameters.has('historySecret') ? undefined : historySecretIn(env),
    secretFrom: secretFrom(servers, env),
    credentials: credentialsIn(env),
    distribution: DISTRIBUTIONS[parameters.get('distribution') ?? 'ketama'] ?? ketama,
    dialect: dialectOf(parameters.get('dialect')),
    copies: copies === null ? undefined : Number(copies),
    // The client itself refuses values that are not numbers.
    historyIntervalMs: Number(parameters.get('historyIntervalMs') ?? HISTORY_INTERVAL_MS) || HISTORY_INTERVAL_MS,
    ownPod: ownPodIn(env),
    timeouts: Object.fromEntries(Object.entries(TIMEOUTS).filter(([name]) => !parameters.has(name))),
  };
}

function refuseSecrets(servers: string): void {
  if (!servers.includes('@') && !/secret/i.test(servers)) return;
  throw new UsageError(
    'A password or a secret on the command line can be read by everybody on this machine. ' +
      'Put the URL into the environment variable SESS_SERVERS, and the secret into SESS_SECRET or SESS_HISTORY_SECRET.',
  );
}

/** The history's secret, or the session secret that the adapters derive it from. */
function historySecretIn(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const { SESS_HISTORY_SECRET: own, SESS_SECRET: applications } = env;
  if (own !== undefined && own !== '') return own;
  return applications === undefined || applications === '' ? undefined : deriveHistorySecret(applications);
}

/** Where the history's secret is given to this command; `undefined` if nowhere. */
export function secretFrom(
  servers: string | undefined,
  { SESS_HISTORY_SECRET: own = '', SESS_SECRET: applications = '' }: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (servers?.includes('historySecret=') === true) return 'historySecret in SESS_SERVERS';
  if (own !== '') return 'SESS_HISTORY_SECRET';
  return applications === '' ? undefined : 'SESS_SECRET';
}

function credentialsIn({
  SESS_USERNAME: username,
  SESS_PASSWORD: password,
}: Readonly<Record<string, string | undefined>>): Credentials | undefined {
  if (username === undefined && password === undefined) return undefined;
  if (username === undefined || password === undefined)
    throw new UsageError('SESS_USERNAME and SESS_PASSWORD belong together: set both or none.');
  return { username, password };
}

/** The client itself refuses anything else. */
function dialectOf(given: string | null): ClusterSettings['dialect'] {
  return given === 'meta' || given === 'classic' ? given : 'auto';
}
