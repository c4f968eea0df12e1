import { LocalClusterError } from '../errors.ts';
import {
  checkNames,
  CLUSTER_NAMES,
  resolveOptions,
  type LocalClusterOptions,
  type ResolvedOptions,
} from '../options.ts';

/** Options of a stand-in for ElastiCache, in addition to those of a local cluster. Every field has a default. */
export interface LocalElastiCacheOptions extends LocalClusterOptions {
  /** Name of the cluster, in lower case as AWS requires. Default `sess-local`. */
  readonly clusterId?: string;
  /** TCP port of the API, 1 to 65535. Default 0: any free one. */
  readonly apiPort?: number;
  /** Zones that nodes are spread over in turn. Default `['local-1a', 'local-1b', 'local-1c']`. */
  readonly zones?: readonly string[];
  /** Node type at the start. Only a name: it has no effect. Default `cache.t4g.micro`. */
  readonly cacheNodeType?: string;
  /** How many times faster than at AWS time passes, 1 to 10,000. Default 60: a minute takes a second. */
  readonly timeScale?: number;
  /**
   * Version of memcached that the cluster reports. As at AWS, nodes from 1.6.17 refuse `lru_crawler`, so they do not
   * list their keys. Default `1.6.22`.
   */
  readonly engineVersion?: string;
}

export interface ResolvedElastiCacheOptions {
  readonly cluster: ResolvedOptions;
  readonly clusterId: string;
  readonly apiPort: number;
  readonly zones: readonly string[];
  readonly cacheNodeType: string;
  readonly timeScale: number;
  readonly engineVersion: string;
}

const NAMES: Readonly<Record<keyof LocalElastiCacheOptions, true>> = {
  ...CLUSTER_NAMES,
  clusterId: true,
  apiPort: true,
  zones: true,
  cacheNodeType: true,
  timeScale: true,
  engineVersion: true,
};

/** @throws LocalClusterError `SESS_BAD_OPTION` that names the option, what was expected and what came */
export function resolveElastiCacheOptions(options: LocalElastiCacheOptions = {}): ResolvedElastiCacheOptions {
  checkNames('options', options, NAMES);
  const {
    clusterId = 'sess-local',
    apiPort = 0,
    zones = ['local-1a', 'local-1b', 'local-1c'],
    cacheNodeType = 'cache.t4g.micro',
    timeScale = 60,
    engineVersion = '1.6.22',
    ...cluster
  } = options;
  check('clusterId', clusterId, CLUSTER_ID.test(clusterId), '1 to 50 lower-case letters, digits and single hyphens');
  check('apiPort', apiPort, Number.isInteger(apiPort) && apiPort >= 0 && apiPort <= 65_535, 'a port from 0 to 65535');
  check('cacheNodeType', cacheNodeType, NODE_TYPE.test(cacheNodeType), 'a type such as "cache.t4g.micro"');
  check('timeScale', timeScale, timeScale >= 1 && timeScale <= 10_000, 'a number from 1 to 10000');
  check('zones', zones, zones.length > 0 && zones.every((zone) => /^[\w-]{1,50}$/.test(zone)), 'names of zones');
  check('engineVersion', engineVersion, ENGINE_VERSION.test(engineVersion), 'a version such as "1.6.22"');
  const resolved = resolveOptions(cluster);
  return Object.freeze({
    cluster: { ...resolved, node: { ...resolved.node, listsKeys: listsKeys(engineVersion) } },
    clusterId,
    apiPort,
    zones: [...zones],
    cacheNodeType,
    timeScale,
    engineVersion,
  });
}

/** AWS's rule: no hyphen at the end, and no two in a row. */
const CLUSTER_ID = /^(?=.{1,50}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
export const NODE_TYPE: RegExp = /^cache\.[a-z0-9]+\.[a-z0-9]+$/;

const ENGINE_VERSION = /^\d+\.\d+\.\d+$/;

/** "From Memcached 1.6.17, we no longer support these administrative commands: lru_crawler, lru, and slabs." */
function listsKeys(engineVersion: string): boolean {
  return engineVersion.localeCompare('1.6.17', undefined, { numeric: true }) < 0;
}

function check(name: string, came: unknown, isGood: boolean, expected: string): void {
  if (isGood) return;
  throw new LocalClusterError('SESS_BAD_OPTION', `${name}: expected ${expected}, got ${JSON.stringify(came)}`);
}
