import { parseArgs } from 'node:util';
import type { Runtime } from '../local-cluster.ts';
import { MAX_NODES, RUNTIMES } from '../options.ts';

/** The parsed command line. */
export type CommandLine =
  | { readonly action: 'help' }
  | { readonly action: 'version' }
  | { readonly action: 'cluster'; readonly json: boolean; readonly cluster: ClusterArguments }
  | { readonly action: 'elasticache'; readonly json: boolean; readonly elasticache: ElastiCacheArguments }
  | { readonly action: 'endpoint'; readonly json: boolean; readonly endpoint: EndpointArguments };

export interface ClusterArguments {
  readonly nodes: number;
  readonly port: number;
  readonly runtime: Runtime | 'auto';
  readonly memoryMegabytes: number;
  readonly engine: string | undefined;
  readonly image: string | undefined;
  readonly memcached: string | undefined;
  readonly credentialsFile: string | undefined;
  readonly tlsKeyFile: string | undefined;
  readonly tlsCertFile: string | undefined;
}

/** A cluster and the ports and speed of its API. */
export interface ElastiCacheArguments extends ClusterArguments {
  readonly clusterId: string;
  readonly apiPort: number;
  readonly timeScale: number;
  readonly engineVersion: string;
}

export interface EndpointArguments {
  readonly port: number;
  readonly host: string;
  readonly list: readonly HostAndPort[];
  readonly tlsKeyFile: string | undefined;
  readonly tlsCertFile: string | undefined;
}

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** A wrong command line; the message says what was expected. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const OPTIONS = {
  nodes: { type: 'string', short: 'n', default: '3' },
  port: { type: 'string', short: 'p', default: '0' },
  runtime: { type: 'string', short: 'r', default: 'auto' },
  memory: { type: 'string', short: 'm', default: '64' },
  engine: { type: 'string' },
  image: { type: 'string' },
  memcached: { type: 'string' },
  'credentials-file': { type: 'string' },
  'tls-key': { type: 'string' },
  'tls-cert': { type: 'string' },
  elasticache: { type: 'boolean', default: false },
  'cluster-id': { type: 'string', default: 'sess-local' },
  'api-port': { type: 'string', default: '0' },
  'time-scale': { type: 'string', default: '60' },
  'engine-version': { type: 'string', default: '1.6.22' },
  'endpoint-only': { type: 'boolean', default: false },
  list: { type: 'string' },
  host: { type: 'string', default: '127.0.0.1' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', short: 'v', default: false },
} as const;

/** Options that go only with a cluster, only with `--endpoint-only`, or only with `--elasticache`. */
const CLUSTER_ONLY = ['nodes', 'runtime', 'memory', 'engine', 'image', 'memcached', 'credentials-file'];
const ENDPOINT_ONLY = ['list', 'host'];
const ELASTICACHE_ONLY = ['cluster-id', 'api-port', 'time-scale', 'engine-version'];

/** @throws UsageError */
export function parseCommandLine(words: readonly string[]): CommandLine {
  const { values, given } = parse(words);
  if (values.help) return { action: 'help' };
  if (values.version) return { action: 'version' };
  const tls = { tlsKeyFile: values['tls-key'], tlsCertFile: values['tls-cert'] };
  if ((tls.tlsKeyFile === undefined) !== (tls.tlsCertFile === undefined))
    throw new UsageError('--tls-key and --tls-cert belong together: give both or none');
  const port = integer('--port', values.port, 0, 65_535);
  const alone = ELASTICACHE_ONLY.find((name) => given.has(name));
  if (alone !== undefined && !values.elasticache) throw new UsageError(`--${alone} needs --elasticache`);
  if (values.elasticache && values['endpoint-only'])
    throw new UsageError('--elasticache cannot be used with --endpoint-only');
  const foreign = (values['endpoint-only'] ? CLUSTER_ONLY : ENDPOINT_ONLY).find((name) => given.has(name));
  if (foreign !== undefined)
    throw new UsageError(
      `--${foreign} ${values['endpoint-only'] ? 'cannot be used with --endpoint-only' : 'needs --endpoint-only'}`,
    );
  if (values['endpoint-only']) {
    return {
      action: 'endpoint',
      json: values.json,
      endpoint: { port, host: values.host, list: parseList(values.list), ...tls },
    };
  }
  const cluster: ClusterArguments = {
    nodes: integer('--nodes', values.nodes, 1, MAX_NODES),
    port,
    runtime: runtime(values.runtime),
    memoryMegabytes: integer('--memory', values.memory, 1, 1_024),
    engine: values.engine,
    image: values.image,
    memcached: values.memcached,
    credentialsFile: values['credentials-file'],
    ...tls,
  };
  if (!values.elasticache) return { action: 'cluster', json: values.json, cluster };
  const elasticache: ElastiCacheArguments = {
    ...cluster,
    clusterId: values['cluster-id'],
    apiPort: integer('--api-port', values['api-port'], 0, 65_535),
    timeScale: integer('--time-scale', values['time-scale'], 1, 10_000),
    engineVersion: values['engine-version'],
  };
  return { action: 'elasticache', json: values.json, elasticache };
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

function parse(words: readonly string[]): { readonly values: Values; readonly given: ReadonlySet<string> } {
  try {
    const { values, tokens } = parseArgs({
      args: [...words],
      options: OPTIONS,
      strict: true,
      allowPositionals: false,
      tokens: true,
    });
    return { values, given: new Set(tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []))) };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function integer(name: string, text: string, lowest: number, highest: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= lowest && value <= highest) return value;
  throw new UsageError(`${name}: expected a whole number from ${lowest} to ${highest}, got "${text}"`);
}

function runtime(text: string): Runtime | 'auto' {
  const found = (['auto', ...RUNTIMES] as const).find((name) => name === text);
  if (found !== undefined) return found;
  throw new UsageError(`--runtime: expected auto, ${RUNTIMES.join(', ')}; got "${text}"`);
}

function parseList(text: string | undefined): readonly HostAndPort[] {
  if (text === undefined) throw new UsageError('--endpoint-only needs --list HOST:PORT,HOST:PORT,...');
  return text.split(',').map(parseHostAndPort);
}

/** `host:port`, or `[address]:port` for IPv6. */
function parseHostAndPort(text: string): HostAndPort {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s|:[\]]+)):(\d{1,5})$/i.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host !== undefined && port >= 1 && port <= 65_535) return { host, port };
  throw new UsageError(`--list: expected HOST:PORT (an IPv6 address in brackets), got "${text}"`);
}
