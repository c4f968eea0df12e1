import { once } from 'node:events';
import { connect } from 'node:net';
import {
  CacheClusterNotFoundFault,
  DescribeCacheClustersCommand,
  DescribeEventsCommand,
  ModifyCacheClusterCommand,
  RebootCacheClusterCommand,
  type CacheCluster,
  type ModifyCacheClusterCommandInput,
} from '@aws-sdk/client-elasticache';
import { describe, expect, inject, test } from 'vitest';

import { exchange } from '../wire/raw-exchange.ts';
import { CLUSTER, standIn, type StandIn } from './stand-in.ts';

async function describeCluster({ elasticache }: StandIn): Promise<CacheCluster> {
  const command = new DescribeCacheClustersCommand({ CacheClusterId: CLUSTER, ShowCacheNodeInfo: true });
  const { CacheClusters: [found] = [] } = await elasticache.send(command);
  if (found === undefined) throw new Error('no cluster');
  return found;
}

const modify = (
  { elasticache }: StandIn,
  input: Omit<ModifyCacheClusterCommandInput, 'CacheClusterId'>,
): Promise<unknown> =>
  elasticache.send(new ModifyCacheClusterCommand({ CacheClusterId: CLUSTER, ApplyImmediately: true, ...input }));

const ids = ({ cluster }: StandIn): readonly string[] => cluster.nodes.map(({ cacheNodeId }) => cacheNodeId);

/** `host|address|port` of each node, as the configuration endpoint lists them. */
async function listed({ cluster }: StandIn): Promise<readonly string[]> {
  const port = Number(cluster.configurationEndpoint.split(':')[1]);
  const reply = (await exchange(port, 'config get cluster\r\n')).toString();
  return (reply.split('\n')[2] ?? '').trim().split(' ');
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => resolve(true));
    socket.on('connect', () => socket.destroy()).on('error', () => resolve(false));
  });
}

describe.each(inject('mainRuntimes'))('the stand-in for ElastiCache (%s)', (runtime) => {
  test('describes nodes, zones and endpoints as the configuration endpoint lists them', async () => {
    const aws = await standIn({ runtime, nodes: 4, zones: ['east-1a', 'east-1b'] });
    const found = await describeCluster(aws);
    expect(found).toMatchObject({ CacheClusterStatus: 'available', Engine: 'memcached', NumCacheNodes: 4 });
    expect(found.CacheNodes?.map((node) => [node.CacheNodeId, node.CustomerAvailabilityZone])).toEqual([
      ['0001', 'east-1a'],
      ['0002', 'east-1b'],
      ['0003', 'east-1a'],
      ['0004', 'east-1b'],
    ]);
    const names = found.CacheNodes?.map(({ Endpoint }) => `${Endpoint?.Address}:${Endpoint?.Port}`);
    expect(names).toEqual(aws.cluster.nodes.map(({ id }) => id));
    expect(await listed(aws)).toEqual(aws.cluster.nodes.map(({ host, address, port }) => `${host}|${address}|${port}`));
    const { ConfigurationEndpoint: endpoint } = found;
    expect(`${endpoint?.Address}:${endpoint?.Port}`).toBe(aws.cluster.configurationEndpoint);
  });

  test('a removed node is dead while the list still names it, and then the version rises', async () => {
    const aws = await standIn({ runtime, nodes: 3, timeScale: 200 });
    const second = aws.cluster.nodes[1];
    await modify(aws, { NumCacheNodes: 2, CacheNodeIdsToRemove: ['0002'] });
    expect(await describeCluster(aws)).toMatchObject({
      CacheClusterStatus: 'modifying',
      PendingModifiedValues: { NumCacheNodes: 2, CacheNodeIdsToRemove: ['0002'] },
    });
    await expect.poll(() => aws.cluster.nodes[1]?.state).toBe('crashed');
    expect(await answers(second?.address ?? '', second?.port ?? 0)).toBe(false);
    expect(await listed(aws)).toHaveLength(3);
    await aws.cluster.settled();
    expect(ids(aws)).toEqual(['0001', '0003']);
    expect(aws.cluster.configurationVersion).toBe(2);
    expect(await describeCluster(aws)).toMatchObject({ CacheClusterStatus: 'available', PendingModifiedValues: {} });
  });

  test('a replaced node is empty, and has its name at another address under the same version', async () => {
    const aws = await standIn({ runtime, nodes: 2 });
    const [before] = aws.cluster.nodes;
    aws.cluster.replaceNodes(['0001']);
    await aws.cluster.settled();
    const [after] = aws.cluster.nodes;
    expect(after).toMatchObject({ id: before?.id, status: 'available', state: 'running' });
    expect(after?.address).not.toBe(before?.address);
    expect(aws.cluster.configurationVersion).toBe(1);
    expect((await listed(aws))[0]).toBe(`${after?.host}|${after?.address}|${after?.port}`);
  });

  test('nodes are added in the zones that are asked for, under numbers that no node had', async () => {
    const aws = await standIn({ runtime, nodes: 3 });
    await modify(aws, { NumCacheNodes: 2, CacheNodeIdsToRemove: ['0003'] });
    await aws.cluster.settled();
    await modify(aws, { NumCacheNodes: 4, NewAvailabilityZones: ['z-2', 'z-1'] });
    await aws.cluster.settled();
    expect(aws.cluster.nodes.map(({ cacheNodeId, zone }) => [cacheNodeId, zone]).slice(2)).toEqual([
      ['0004', 'z-2'],
      ['0005', 'z-1'],
    ]);
  });
});

describe('ModifyCacheCluster', () => {
  test.each([
    [{ NumCacheNodes: 2 }, 'InvalidParameterCombinationException', 'must be 1'],
    [{ NumCacheNodes: 1, CacheNodeIdsToRemove: ['0001'] }, 'InvalidParameterCombinationException', 'must be 2'],
    [{ NumCacheNodes: 2, CacheNodeIdsToRemove: ['0009'] }, 'InvalidParameterValueException', '0009'],
    [{ CacheNodeIdsToRemove: ['0001'] }, 'InvalidParameterCombinationException', 'only valid when'],
    [{ NumCacheNodes: 0 }, 'InvalidParameterValueException', 'NumCacheNodes'],
    [{ NumCacheNodes: 301 }, 'NodeQuotaForClusterExceededFault', '300'],
    [{ CacheNodeType: 'huge' }, 'InvalidParameterValueException', 'CacheNodeType'],
    [{ CacheNodeType: 'cache.m7g.large', NumCacheNodes: 4 }, 'InvalidParameterCombinationException', 'same time'],
    [{ CacheNodeType: 'cache.m7g.large', ScaleConfig: { ScalePercentage: 5 } }, 'InvalidParameterValueException', '10'],
    [{ NumCacheNodes: 5, NewAvailabilityZones: ['one'] }, 'InvalidParameterCombinationException', 'must match'],
  ])('refuses %j with %s, and changes nothing', async (input, name, words) => {
    const aws = await standIn({ runtime: 'embedded', nodes: 3 });
    await expect(modify(aws, input)).rejects.toMatchObject({ name, message: expect.stringContaining(words) });
    expect(aws.cluster.status).toBe('available');
    expect(ids(aws)).toEqual(['0001', '0002', '0003']);
  });

  test('refuses a second change while one is under way, and another cluster, in the SDK’s classes', async () => {
    const aws = await standIn({ runtime: 'embedded', nodes: 3, timeScale: 60 });
    await modify(aws, { NumCacheNodes: 4 });
    await expect(modify(aws, { NumCacheNodes: 5 })).rejects.toMatchObject({ name: 'InvalidCacheClusterStateFault' });
    const other = new DescribeCacheClustersCommand({ CacheClusterId: 'other' });
    await expect(aws.elasticache.send(other)).rejects.toBeInstanceOf(CacheClusterNotFoundFault);
  });

  test('replaces nodes in batches of the percentage when the type changes; names and version stay', async () => {
    const aws = await standIn({ runtime: 'embedded', nodes: 5, timeScale: 500 });
    const before = aws.cluster.nodes;
    await modify(aws, {
      CacheNodeType: 'cache.m7g.large',
      ScaleConfig: { ScalePercentage: 30, ScaleIntervalMinutes: 2 },
    });
    await expect.poll(() => aws.cluster.nodes.filter(({ status }) => status === 'replacing').length).toBe(2);
    expect(aws.cluster.nodes.slice(2).map(({ address }) => address)).toEqual(
      before.slice(2).map(({ address }) => address),
    );
    await aws.cluster.settled();
    expect(await describeCluster(aws)).toMatchObject({ CacheNodeType: 'cache.m7g.large' });
    expect(aws.cluster.nodes.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    const kept = aws.cluster.nodes.filter(({ address }, index) => address === before[index]?.address);
    expect(kept).toEqual([]);
    expect(aws.cluster.configurationVersion).toBe(1);
  });

  test('waits with what is not to be applied immediately, and applies it with the next change that is', async () => {
    const aws = await standIn({ runtime: 'embedded', nodes: 2 });
    await modify(aws, { NumCacheNodes: 3, ApplyImmediately: false });
    expect(await describeCluster(aws)).toMatchObject({
      CacheClusterStatus: 'available',
      PendingModifiedValues: { NumCacheNodes: 3 },
    });
    await modify(aws, {});
    await aws.cluster.settled();
    expect(ids(aws)).toHaveLength(3);
  });
});

test.each(['1.6.12', '1.6.22'])('nodes of engine %s list their keys before 1.6.17 only', async (engineVersion) => {
  for (const runtime of inject('mainRuntimes')) {
    const aws = await standIn({ runtime, nodes: 1, engineVersion });
    expect(await describeCluster(aws)).toMatchObject({ EngineVersion: engineVersion });
    const [node] = aws.cluster.nodes;
    const socket = connect({ host: node?.address ?? '', port: node?.port ?? 0 }, () =>
      socket.write('lru_crawler metadump all\r\n'),
    );
    const [reply] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(reply.toString()).toMatch(engineVersion === '1.6.12' ? /^END\r\n/ : /^ERROR/);
  }
});

test('a reboot empties nodes where they are, and the events tell of it', async () => {
  const aws = await standIn({ runtime: 'embedded', nodes: 2 });
  const [before] = aws.cluster.nodes;
  await aws.elasticache.send(
    new RebootCacheClusterCommand({ CacheClusterId: CLUSTER, CacheNodeIdsToReboot: ['0001'] }),
  );
  expect(aws.cluster.status).toBe('rebooting cluster nodes');
  await aws.cluster.settled();
  expect(aws.cluster.nodes[0]).toEqual(before);
  const { Events: events = [] } = await aws.elasticache.send(
    new DescribeEventsCommand({ SourceIdentifier: CLUSTER, SourceType: 'cache-cluster', Duration: 60 }),
  );
  expect(events.map(({ Message: message }) => message)).toEqual([
    'Cache cluster created',
    'Cache node 0001 shutdown',
    'Cache node 0001 restarted',
  ]);
  expect(events[0]?.Date).toBeInstanceOf(Date);
});

test('events come in pages', async () => {
  const aws = await standIn({ runtime: 'embedded', nodes: 1 });
  for (let index = 0; index < 30; index += 1) aws.cluster.announceReplacement(['0001']);
  const first = await aws.elasticache.send(new DescribeEventsCommand({ MaxRecords: 20 }));
  expect(first.Events).toHaveLength(20);
  const second = await aws.elasticache.send(new DescribeEventsCommand({ MaxRecords: 20, Marker: first.Marker }));
  expect(second.Events).toHaveLength(11);
  expect(second.Marker).toBeUndefined();
});

test('a request is refused in the words that a test asks for, once', async () => {
  const aws = await standIn({ runtime: 'embedded', nodes: 2 });
  aws.cluster.refuseNext('ModifyCacheCluster', { code: 'Throttling', message: 'Rate exceeded' });
  await expect(modify(aws, { NumCacheNodes: 3 })).rejects.toMatchObject({
    name: 'Throttling',
    message: 'Rate exceeded',
  });
  await modify(aws, { NumCacheNodes: 3 });
});
