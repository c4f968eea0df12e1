/** The supported actions of the ElastiCache API, by name. */
import { MAX_NODES } from '../../options.ts';
import { DEFAULT_SCALE_CONFIG, type CacheCluster, type PendingChange, type ScaleConfig } from '../cache-cluster.ts';
import type { CacheNode } from '../cache-node.ts';
import { NODE_TYPE } from '../elasticache-options.ts';
import { AwsError, clusterNotFound, invalidCombination, invalidState, invalidValue } from './aws-error.ts';
import type { QueryParameters } from './query-parameters.ts';
import type { XmlElements } from './xml-reply.ts';

/** The address of the configuration endpoint, for descriptions of the cluster. */
export interface Endpoints {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
}

type Action = (cluster: CacheCluster, parameters: QueryParameters, endpoints: Endpoints) => XmlElements;

export const ELASTICACHE_ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['DescribeCacheClusters', describeCacheClusters],
  ['ModifyCacheCluster', modifyCacheCluster],
  ['RebootCacheCluster', rebootCacheCluster],
  ['DescribeEvents', describeEvents],
]);

function describeCacheClusters(cluster: CacheCluster, parameters: QueryParameters, endpoints: Endpoints): XmlElements {
  const asked = parameters.text('CacheClusterId');
  if (asked !== undefined && asked.toLowerCase() !== cluster.id) throw clusterNotFound(asked);
  const withNodes = parameters.flag('ShowCacheNodeInfo');
  return { CacheClusters: { CacheCluster: describe(cluster, endpoints, withNodes) } };
}

function modifyCacheCluster(cluster: CacheCluster, parameters: QueryParameters, endpoints: Endpoints): XmlElements {
  requireCluster(cluster, parameters);
  const change = requestedChange(cluster, parameters);
  // AWS checks the cluster's status before it checks the named nodes.
  if (Object.keys(change).length > 0 && cluster.status !== 'available') throw invalidState(cluster.id);
  if (parameters.flag('ApplyImmediately'))
    apply(cluster, { ...cluster.pending, ...change }, parameters.list('NewAvailabilityZones'));
  else if (change.removedIds === undefined) cluster.postpone(change);
  else throw invalidCombination('Cache nodes can only be removed immediately: ApplyImmediately must be true.');
  return { CacheCluster: describe(cluster, endpoints, true) };
}

function rebootCacheCluster(cluster: CacheCluster, parameters: QueryParameters, endpoints: Endpoints): XmlElements {
  requireCluster(cluster, parameters);
  const ids = parameters.list('CacheNodeIdsToReboot');
  if (ids.length === 0) throw invalidValue('The parameter CacheNodeIdsToReboot must be provided.');
  requireNodes(cluster, ids);
  cluster.rebootNodes(ids);
  return { CacheCluster: describe(cluster, endpoints, true) };
}

function describeEvents(cluster: CacheCluster, parameters: QueryParameters): XmlElements {
  const source = parameters.text('SourceIdentifier');
  const minutes = parameters.integer('Duration', 1, 20_160);
  const end = parameters.date('EndTime') ?? new Date();
  const start = parameters.date('StartTime') ?? new Date(end.getTime() - 60_000 * (minutes ?? 60));
  const type = parameters.text('SourceType');
  const found = cluster.events.all.filter(
    ({ date, sourceIdentifier }) =>
      date >= start &&
      date <= end &&
      (source === undefined || source === sourceIdentifier) &&
      (type === undefined || type === 'cache-cluster'),
  );
  const from = parameters.integer('Marker', 0, 1_000_000) ?? 0;
  const most = parameters.integer('MaxRecords', 20, 100) ?? 100;
  return {
    ...(found.length > from + most && { Marker: from + most }),
    Events: {
      Event: found.slice(from, from + most).map(({ sourceIdentifier, message, date }) => ({
        SourceIdentifier: sourceIdentifier,
        SourceType: 'cache-cluster',
        Message: message,
        Date: date,
      })),
    },
  };
}

function requireCluster(cluster: CacheCluster, parameters: QueryParameters): void {
  const asked = parameters.required('CacheClusterId');
  if (asked.toLowerCase() !== cluster.id) throw clusterNotFound(asked);
}

function requireNodes(cluster: CacheCluster, ids: readonly string[]): void {
  const unknown = ids.find((id) => !cluster.has(id));
  if (unknown !== undefined) throw invalidValue(`Cache node ${unknown} does not exist in cluster ${cluster.id}.`);
}

/** The requested change, checked against the existing nodes. */
function requestedChange(cluster: CacheCluster, parameters: QueryParameters): PendingChange {
  const nodeCount = parameters.integer('NumCacheNodes', 1, MAX_NODES + 1);
  const nodeType = parameters.text('CacheNodeType');
  const removedIds = parameters.list('CacheNodeIdsToRemove');
  if (nodeType !== undefined && nodeCount !== undefined)
    throw invalidCombination('CacheNodeType and NumCacheNodes can not be modified at the same time.');
  if (nodeType !== undefined) return { nodeType: checkedType(nodeType), scaleConfig: scaleConfigIn(parameters) };
  const now = cluster.nodes.length;
  if (nodeCount === undefined || nodeCount === now) {
    if (removedIds.length > 0)
      throw invalidCombination(
        'CacheNodeIdsToRemove is only valid when NumCacheNodes is less than the current number.',
      );
    return {};
  }
  if (nodeCount > MAX_NODES)
    throw new AwsError('NodeQuotaForClusterExceeded', `The number of nodes can not exceed ${MAX_NODES}.`);
  if (nodeCount > now) {
    const zones = parameters.list('NewAvailabilityZones').length;
    if (zones > 0 && zones !== nodeCount - now)
      throw invalidCombination('The number of NewAvailabilityZones must match the number of nodes that are added.');
    return { nodeCount };
  }
  if (new Set(removedIds).size !== now - nodeCount)
    throw invalidCombination(
      `The number of CacheNodeIdsToRemove must be ${now - nodeCount}: the difference between the current number of nodes and NumCacheNodes.`,
    );
  requireNodes(cluster, removedIds);
  return { nodeCount, removedIds };
}

function checkedType(nodeType: string): string {
  if (NODE_TYPE.test(nodeType)) return nodeType;
  throw invalidValue(`Invalid value for parameter CacheNodeType: ${nodeType}.`);
}

function scaleConfigIn(parameters: QueryParameters): ScaleConfig {
  return {
    percentage: parameters.integer('ScaleConfig.ScalePercentage', 10, 100) ?? DEFAULT_SCALE_CONFIG.percentage,
    intervalMinutes:
      parameters.integer('ScaleConfig.ScaleIntervalMinutes', 2, 30) ?? DEFAULT_SCALE_CONFIG.intervalMinutes,
  };
}

function apply(cluster: CacheCluster, change: PendingChange, zones: readonly string[]): void {
  const { nodeCount, removedIds, nodeType, scaleConfig = DEFAULT_SCALE_CONFIG } = change;
  if (nodeType !== undefined) cluster.changeNodeType(nodeType, scaleConfig);
  else if (removedIds !== undefined) cluster.removeNodes(removedIds);
  else if (nodeCount !== undefined && nodeCount > cluster.nodes.length)
    cluster.addNodes(nodeCount - cluster.nodes.length, zones);
}

function describe(cluster: CacheCluster, { host, port, isSecure }: Endpoints, withNodes: boolean): XmlElements {
  const zones = new Set(cluster.nodes.map(({ zone }) => zone));
  return {
    CacheClusterId: cluster.id,
    ConfigurationEndpoint: { Address: host, Port: port },
    CacheNodeType: cluster.nodeType,
    Engine: 'memcached',
    EngineVersion: cluster.engineVersion,
    CacheClusterStatus: cluster.status,
    NumCacheNodes: cluster.nodes.length,
    PreferredAvailabilityZone: zones.size === 1 ? [...zones][0] : 'Multiple',
    CacheClusterCreateTime: cluster.createdAt,
    PreferredMaintenanceWindow: 'sun:03:00-sun:04:00',
    PendingModifiedValues: describePending(cluster.pending),
    AutoMinorVersionUpgrade: true,
    TransitEncryptionEnabled: isSecure,
    AtRestEncryptionEnabled: false,
    ARN: `arn:aws:elasticache:local:000000000000:cluster:${cluster.id}`,
    ...(withNodes && { CacheNodes: { CacheNode: cluster.nodes.map(describeNode) } }),
  };
}

function describePending({ nodeCount, removedIds, nodeType, scaleConfig }: PendingChange): XmlElements {
  return {
    NumCacheNodes: nodeCount,
    CacheNodeIdsToRemove: removedIds && { CacheNodeId: removedIds },
    CacheNodeType: nodeType,
    ScaleConfig: scaleConfig && {
      ScalePercentage: scaleConfig.percentage,
      ScaleIntervalMinutes: scaleConfig.intervalMinutes,
    },
  };
}

function describeNode({ id, status, createdAt, name, port, zone }: CacheNode): XmlElements {
  return {
    CacheNodeId: id,
    CacheNodeStatus: status,
    CacheNodeCreateTime: createdAt,
    // A node that is being created has no name yet.
    Endpoint: status === 'creating' ? undefined : { Address: name, Port: port },
    ParameterGroupStatus: 'in-sync',
    CustomerAvailabilityZone: zone,
  };
}
