/** Zones of ElastiCache nodes. The endpoint's list does not have them; AWS's API does. */
import { withDeadline } from '../deadline.ts';
import type { Environment } from '../environment.ts';
import { DiscoveryError } from '../errors.ts';
import { canonicalNodeId, nodeId } from '../node-address.ts';
import { badOption, knownOptions } from '../options.ts';
import { someOf } from '../some-of.ts';
import { clusterNode, isZone, sameTopology, topologyOf } from '../topology-value.ts';
import type { ClusterNode, Topology } from '../topology.ts';
import type { Look } from '../watch.ts';

/** Where the zones of nodes come from. */
export interface ZoneOptions {
  /** `new ElastiCache({ region })` of `@aws-sdk/client-elasticache`, which the application installs. */
  readonly from: DescribesCacheClusters;
  /** The cluster's name at AWS. Default: the first label of the configuration endpoint's name. */
  readonly cluster?: string | undefined;
}

/** The used part of the SDK's `ElastiCache`. Needs the permission `elasticache:DescribeCacheClusters`. */
export interface DescribesCacheClusters {
  describeCacheClusters(
    input: { readonly CacheClusterId: string; readonly ShowCacheNodeInfo: boolean },
    options: { readonly abortSignal: AbortSignal },
  ): Promise<{ readonly CacheClusters?: readonly DescribedCluster[] | undefined }>;
}

interface DescribedCluster {
  /** `Multiple` if the nodes are in different zones. */
  readonly PreferredAvailabilityZone?: string | undefined;
  readonly CacheNodes?: readonly DescribedNode[] | undefined;
}

interface DescribedNode {
  readonly CustomerAvailabilityZone?: string | undefined;
  readonly Endpoint?: { readonly Address?: string | undefined; readonly Port?: number | undefined } | undefined;
}

export interface ResolvedZoneOptions {
  readonly from: DescribesCacheClusters;
  readonly cluster: string;
}

/** `shop.abc123.cfg.use1.cache.amazonaws.com` */
const CONFIGURATION_ENDPOINT = /^([a-z][a-z0-9-]*)\.(?:[^.]+\.)*cfg\./iu;

/** @param host of the configuration endpoint */
export function resolveZoneOptions(given: ZoneOptions, host: string): ResolvedZoneOptions {
  const options = knownOptions<Partial<ZoneOptions>>('elasticache zones', given, ['from', 'cluster']);
  const { from, cluster = CONFIGURATION_ENDPOINT.exec(host)?.[1] } = options;
  if (typeof from?.describeCacheClusters !== 'function')
    throw badOption(
      'elasticache zones.from',
      'an object with the method describeCacheClusters',
      from,
      'Give new ElastiCache({ region }) of @aws-sdk/client-elasticache; its ElastiCacheClient lacks the method.',
    );
  if (typeof cluster !== 'string' || cluster === '')
    throw badOption(
      'elasticache zones.cluster',
      'the name of the cluster at AWS',
      cluster,
      'It has a default only if the endpoint is named NAME.….cfg.….',
    );
  return Object.freeze({ from, cluster });
}

/** Timeout of AWS's answer, including the SDK's own retries. */
const ANSWER_MS = 5_000;

/**
 * The same look, with the zone of each node. AWS is asked when the list changes. A list with a node whose zone is not
 * known does not come into force: zones decide owners, so all processes must use the same.
 */
export function zonedLook(look: Look, options: ResolvedZoneOptions, { clock }: Pick<Environment, 'clock'>): Look {
  /** The list in force, as the endpoint returned it. */
  let listed: Topology | undefined;
  /** The list of the last successful request to AWS. */
  let answeredFor: Topology | undefined;
  let zones: ReadonlyMap<string, string> = new Map();

  const late = (): DiscoveryError => zonesUnknown(options, `no answer within ${ANSWER_MS} ms`);

  async function ask(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    try {
      return await withDeadline(ANSWER_MS, late, { clock, signal }, (abortSignal) =>
        describeZones(options, abortSignal),
      );
    } catch (cause) {
      if (signal.aborted || DiscoveryError.is(cause)) throw cause;
      throw refused(options, cause);
    }
  }

  return async (_current, signal) => {
    const finding = await look(listed, signal);
    const { topology } = finding;
    const failures = [...(finding.failures ?? [])];
    let answer: ReadonlyMap<string, string> | undefined;
    if (answeredFor === undefined || !sameTopology(answeredFor, topology)) {
      try {
        answer = await ask(signal);
      } catch (error) {
        if (signal.aborted) throw error;
        failures.push(error as Error);
      }
    }
    const zoneOf = ({ id }: ClusterNode): string | undefined => answer?.get(canonical(id)) ?? zones.get(canonical(id));
    const without = topology.nodes.filter((node) => zoneOf(node) === undefined);
    if (without.length > 0) throw answer === undefined ? failures.at(-1) : notDescribed(options, without);
    listed = topology;
    if (answer !== undefined) answeredFor = topology;
    const nodes = topology.nodes.map((node) => clusterNode({ ...node, zone: zoneOf(node) }));
    // Drops nodes that left the list: AWS may reuse a name in another zone.
    zones = new Map(nodes.flatMap(({ id, zone }) => (zone === undefined ? [] : [[canonical(id), zone]])));
    return { ...finding, topology: topologyOf(nodes, topology.version), failures };
  };
}

/** Reads the zones from AWS, by canonical node id. */
async function describeZones(
  { from, cluster }: ResolvedZoneOptions,
  abortSignal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const { CacheClusters: clusters = [] } = await from.describeCacheClusters(
    { CacheClusterId: cluster, ShowCacheNodeInfo: true },
    { abortSignal },
  );
  const zones = new Map<string, string>();
  for (const { PreferredAvailabilityZone: ofCluster, CacheNodes: nodes = [] } of clusters)
    for (const { CustomerAvailabilityZone: ofNode, Endpoint: endpoint } of nodes) {
      const zone = ofNode ?? (ofCluster === 'Multiple' ? undefined : ofCluster);
      if (endpoint?.Address === undefined || endpoint.Port === undefined || !isZone(zone)) continue;
      zones.set(canonical(nodeId(endpoint.Address, endpoint.Port)), zone);
    }
  return zones;
}

function canonical(id: string): string {
  return canonicalNodeId(id) ?? id;
}

function notDescribed(options: ResolvedZoneOptions, nodes: readonly ClusterNode[]): DiscoveryError {
  const ids = someOf(nodes.map(({ id }) => id));
  return zonesUnknown(
    options,
    `DescribeCacheClusters tells no zone of ${ids}`,
    'If this lasts longer than a few minutes, check that the name is that of the cluster behind the endpoint.',
  );
}

const SHOWN_CHARACTERS = 300;

function refused(options: ResolvedZoneOptions, cause: unknown): DiscoveryError {
  const { name, message } = cause instanceof Error ? cause : new Error(String(cause));
  const said = message === '' ? name : `${name}: ${message.slice(0, SHOWN_CHARACTERS)}`;
  return zonesUnknown(options, said, adviceOn(name, options.cluster), cause);
}

function adviceOn(errorName: string, cluster: string): string {
  if (/AccessDenied|Unauthorized|NotAuthorized/iu.test(errorName))
    return `Allow this process elasticache:DescribeCacheClusters on the cluster "${cluster}".`;
  if (/Credentials|Token/iu.test(errorName)) return 'Check the credentials of this process at AWS.';
  if (/CacheClusterNotFound/iu.test(errorName)) return 'Give the name of the cluster at AWS as zones.cluster.';
  return 'AWS is asked again at the next poll.';
}

function zonesUnknown({ cluster }: ResolvedZoneOptions, reason: string, advice = '', cause?: unknown): DiscoveryError {
  const message = `The zones of the nodes of "${cluster}" are unknown: ${reason.replace(/\.$/u, '')}. ${advice}`;
  return new DiscoveryError('SESS_DISCOVERY_ZONES', message.trimEnd(), { endpoint: cluster, cause });
}
