/** The part of AWS's API that this command needs. The SDK is an optional peer dependency, loaded on use. */
import type * as Sdk from '@aws-sdk/client-elasticache';

import { UsageError } from '../usage-error.ts';
import { loadPeer } from './load-peer.ts';

export interface CacheNodeInfo {
  /** `0001`, `0002`, … */
  readonly cacheNodeId: string;
  /** `host:port`, the clients' name of the node; `undefined` while it is being created. */
  readonly id: string | undefined;
  readonly zone: string | undefined;
  readonly status: string;
  /** Milliseconds since 1970; `undefined` if AWS does not report it. */
  readonly createdAt: number | undefined;
}

export interface CacheClusterInfo {
  readonly clusterId: string;
  readonly status: string;
  readonly nodeType: string;
  /** Sorted by id: AWS guarantees no order. */
  readonly nodes: readonly CacheNodeInfo[];
  /** Nodes that are being removed. */
  readonly removing: readonly string[];
  /** The new node type of a change in progress. */
  readonly becoming: string | undefined;
  /**
   * Milliseconds to add to this machine's clock to get AWS's. The SDK measures the offset for its signatures, and only
   * roughly: it may miss differences of less than four minutes.
   */
  readonly clockOffsetMs: number;
}

export interface CacheEventInfo {
  readonly date: Date;
  readonly message: string;
}

interface VerticalScaling {
  readonly nodeType: string;
  readonly percentage: number;
  readonly intervalMinutes: number;
}

export interface CacheClusterApi {
  readonly clusterId: string;
  describe(): Promise<CacheClusterInfo>;
  /** @param count number of nodes after the change */
  removeNodes(count: number, cacheNodeIds: readonly string[]): Promise<void>;
  /** @param zones one zone per new node */
  addNodes(count: number, zones: readonly string[]): Promise<void>;
  changeNodeType(change: VerticalScaling): Promise<void>;
  /** Events of the last `minutes`, the oldest first. */
  events(minutes: number): Promise<readonly CacheEventInfo[]>;
  close(): void;
}

/** Region and endpoint, which the SDK may not find by itself. */
export interface AwsSettings {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

export function awsSettings(env: Readonly<Record<string, string | undefined>>, service: string): AwsSettings {
  const endpoint = env[`AWS_ENDPOINT_URL_${service}`] ?? env['AWS_ENDPOINT_URL'];
  const region = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env;
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    // The SDK finds the rest by itself: profiles, roles, instance and task credentials.
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && {
        credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
      }),
  };
}

/** @throws {UsageError} if the SDK is not installed */
export async function cacheClusterApi(clusterId: string, settings: AwsSettings): Promise<CacheClusterApi> {
  const sdk = await loadPeer('@aws-sdk/client-elasticache', () => import('@aws-sdk/client-elasticache'));
  const client = new sdk.ElastiCacheClient(settings);
  return new SdkApi(clusterId, sdk, client);
}

/** Timeout of a query, including the SDK's own retries. */
const ANSWER_MS = 30_000;
/**
 * Timeout of a change. Shorter than the gap between the end of a guard's lease and the moment another guard may act:
 * the outcome of one guard's request is decided before the other guard sends one.
 */
const CHANGE_MS = 8_000;

class SdkApi implements CacheClusterApi {
  readonly clusterId: string;
  readonly #sdk: typeof Sdk;
  readonly #client: Sdk.ElastiCacheClient;

  constructor(clusterId: string, sdk: typeof Sdk, client: Sdk.ElastiCacheClient) {
    this.clusterId = clusterId;
    this.#sdk = sdk;
    this.#client = client;
  }

  async describe(): Promise<CacheClusterInfo> {
    const command = new this.#sdk.DescribeCacheClustersCommand({
      CacheClusterId: this.clusterId,
      ShowCacheNodeInfo: true,
    });
    const { CacheClusters: [found] = [] } = await this.#client.send(command, {
      abortSignal: AbortSignal.timeout(ANSWER_MS),
    });
    if (found === undefined) throw new UsageError(`AWS describes no cluster "${this.clusterId}".`);
    if (found.Engine !== undefined && found.Engine !== 'memcached')
      throw new UsageError(`The cluster "${this.clusterId}" runs ${found.Engine}; this command is for memcached.`);
    return {
      clusterId: this.clusterId,
      status: found.CacheClusterStatus ?? '',
      nodeType: found.CacheNodeType ?? '',
      nodes: (found.CacheNodes ?? []).map(nodeInfo).toSorted(byCacheNodeId),
      removing: found.PendingModifiedValues?.CacheNodeIdsToRemove ?? [],
      becoming: found.PendingModifiedValues?.CacheNodeType,
      clockOffsetMs: this.#client.config.systemClockOffset,
    };
  }

  async removeNodes(count: number, cacheNodeIds: readonly string[]): Promise<void> {
    await this.#modify({ NumCacheNodes: count, CacheNodeIdsToRemove: [...cacheNodeIds] });
  }

  async addNodes(count: number, zones: readonly string[]): Promise<void> {
    await this.#modify({
      NumCacheNodes: count,
      ...(zones.length > 0 && { NewAvailabilityZones: [...zones] }),
    });
  }

  async changeNodeType({ nodeType, percentage, intervalMinutes }: VerticalScaling): Promise<void> {
    await this.#modify({
      CacheNodeType: nodeType,
      ScaleConfig: { ScalePercentage: percentage, ScaleIntervalMinutes: intervalMinutes },
    });
  }

  async events(minutes: number): Promise<readonly CacheEventInfo[]> {
    const found: CacheEventInfo[] = [];
    let marker: string | undefined;
    do {
      const { Events: events = [], Marker: next } = await this.#client.send(
        new this.#sdk.DescribeEventsCommand({
          SourceIdentifier: this.clusterId,
          SourceType: 'cache-cluster',
          Duration: minutes,
          ...(marker !== undefined && { Marker: marker }),
        }),
        { abortSignal: AbortSignal.timeout(ANSWER_MS) },
      );
      found.push(...events.map(({ Date: date = new Date(0), Message: message = '' }) => ({ date, message })));
      marker = next;
    } while (marker !== undefined && marker !== '');
    return found.toSorted((one, other) => one.date.getTime() - other.date.getTime());
  }

  close(): void {
    this.#client.destroy();
  }

  async #modify(
    change: Omit<Sdk.ModifyCacheClusterCommandInput, 'CacheClusterId' | 'ApplyImmediately'>,
  ): Promise<void> {
    await this.#client.send(
      new this.#sdk.ModifyCacheClusterCommand({ CacheClusterId: this.clusterId, ApplyImmediately: true, ...change }),
      { abortSignal: AbortSignal.timeout(CHANGE_MS) },
    );
  }
}

function nodeInfo(node: Sdk.CacheNode): CacheNodeInfo {
  const { CacheNodeId, CacheNodeStatus, CacheNodeCreateTime, CustomerAvailabilityZone, Endpoint } = node;
  return {
    createdAt: CacheNodeCreateTime?.getTime(),
    cacheNodeId: CacheNodeId ?? '',
    id: Endpoint?.Address === undefined ? undefined : `${Endpoint.Address}:${Endpoint.Port}`,
    zone: CustomerAvailabilityZone,
    status: CacheNodeStatus ?? '',
  };
}

function byCacheNodeId(one: CacheNodeInfo, other: CacheNodeInfo): number {
  return one.cacheNodeId.localeCompare(other.cacheNodeId, undefined, { numeric: true });
}

/** AWS's error code; `undefined` if the error is not from AWS. */
export function awsCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  // The SDK has classes such as InvalidCacheClusterStateFault, the API says InvalidCacheClusterState.
  return error.name.replace(/(Fault|Exception)$/, '');
}

/** The SDKs' list of throttling errors. */
const THROTTLED = new Set([
  'BandwidthLimitExceeded',
  'EC2Throttled',
  'LimitExceeded',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledError',
  'SlowDown',
  'ThrottledException',
  'Throttled',
  'Throttling',
  'TooManyRequests',
  'TransactionInProgress',
]);
/** Another change is in progress, or no answer came in time. */
const BUSY = new Set(['InvalidCacheClusterState', 'RequestTimeout', 'InternalFailure', 'ServiceUnavailable']);
const UNREACHABLE = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'EHOSTUNREACH']);

/** Whether the same request may succeed later: another change is in progress, or AWS throttles or is out of reach. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isLate(error) || ('code' in error && UNREACHABLE.has(String(error.code)))) return true;
  const code = awsCode(error);
  if (code === undefined) return false;
  const { $metadata: { httpStatusCode = 0 } = {} } = error as { $metadata?: { httpStatusCode?: number } };
  return httpStatusCode >= 500 || httpStatusCode === 429 || THROTTLED.has(code) || BUSY.has(code);
}

/** No answer came within {@link ANSWER_MS} or {@link CHANGE_MS}; the request may have been carried out. */
function isLate({ name }: Error): boolean {
  return name === 'AbortError' || name === 'TimeoutError';
}
