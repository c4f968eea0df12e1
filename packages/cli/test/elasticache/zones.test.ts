/** Copies in different zones, with zones from AWS: two servers of an application, and the loss of a zone. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ElastiCache } from '@aws-sdk/client-elasticache';
import { createClient, deriveHistorySecret, type Client, type DiscoveryErrorMessage } from '@sess/client';
import { elasticache } from '@sess/discovery';
import { afterEach, describe, expect, inject, it, vi } from 'vitest';

import { json, KEYS, SECRET } from '../run.ts';
import { closeShops, onClose, shop, type Shop } from './shop.ts';

vi.setConfig({ testTimeout: 180_000 });

afterEach(closeShops);

const ttlSeconds = 600;

/** One server of the application: its nodes from the endpoint, their zones from AWS. */
function server(site: Shop): Client {
  const { clusterId, configurationEndpoint } = site.aws;
  const zones = { from: apiOf(site), cluster: clusterId };
  const client = createClient({
    discovery: elasticache(configurationEndpoint, { pollIntervalMs: 100, zones }),
    copies: 2,
    historyIntervalMs: 300,
    handover: { clockSkewMs: 0 },
    timeoutMs: 5_000,
    historySecret: deriveHistorySecret(SECRET),
  });
  onClose(() => client.close());
  return client;
}

function apiOf({ aws: { apiEndpoint } }: Shop): ElastiCache {
  const credentials = { accessKeyId: 'nobody', secretAccessKey: 'looks at it' };
  const api = new ElastiCache({ endpoint: apiEndpoint, region: 'us-east-1', credentials });
  onClose(async () => api.destroy());
  return api;
}

function zonesOf({ topology }: Client): readonly unknown[] {
  return topology.nodes.map(({ id, zone }) => [id, zone]);
}

function zonesAtAws({ aws }: Shop): readonly unknown[] {
  return aws.nodes.map(({ id, zone }) => [id, zone]);
}

/** Keys that `client` does not find. */
async function missing(client: Client): Promise<readonly string[]> {
  const found = await Promise.all(KEYS.map(async (key) => [key, await client.get(key)] as const));
  return found.flatMap(([key, record]) => (record === undefined ? [key] : []));
}

describe.each(inject('mainRuntimes'))('zones that AWS tells (%s)', (runtime) => {
  it('put the copies into different ones, and a zone that is lost logs nobody out', async () => {
    const site = await shop({ runtime, nodes: 6, copies: 2, ttlSeconds });
    await site.client.close();
    const [one, other] = [server(site), server(site)];
    await Promise.all([one.ready(), other.ready()]);
    expect(zonesOf(one)).toEqual(zonesAtAws(site));
    expect(zonesOf(other)).toEqual(zonesAtAws(site));
    await settled(one, other);
    for (const key of KEYS) await one.set(key, 'login', { ttlSeconds });
    const zoneOf = new Map(site.aws.nodes.map(({ id, zone }) => [id, zone]));
    for (const key of KEYS) {
      const { owners } = other.explain(key);
      expect(new Set(owners.map((id) => zoneOf.get(id))).size).toBe(2);
    }
    // The command reads zones and copies only from the history.
    const nodes = json(await site.sess('nodes --json'))['nodes'] as { zone: string }[];
    expect(nodes.map(({ zone }) => zone)).toEqual(site.aws.nodes.map(({ zone }) => zone));
    const lost = site.aws.nodes.filter(({ zone }) => zone === 'local-1b').map(({ cacheNodeId }) => cacheNodeId);
    expect(lost).toHaveLength(2);
    await Promise.all(lost.map((id) => site.aws.crashNode(id)));
    expect(await missing(one)).toEqual([]);
    expect(await missing(other)).toEqual([]);
    // AWS replaces the nodes: other addresses, the same names and zones.
    site.aws.replaceNodes(lost);
    await site.aws.settled();
    expect(await missing(one)).toEqual([]);
    expect(zonesOf(one)).toEqual(zonesAtAws(site));
  });
});

describe('a node that AWS adds', () => {
  it('is used when AWS tells its zone; until then the list stays, and the error says which permission lacks', async () => {
    const site = await shop({ nodes: 3, copies: 2 });
    await site.client.close();
    const [one, other] = [server(site), server(site)];
    await Promise.all([one.ready(), other.ready()]);
    const errors: DiscoveryErrorMessage[] = [];
    const hear = (message: unknown): void => void errors.push(message as DiscoveryErrorMessage);
    subscribe('sess:client:discovery-error', hear);
    onClose(async () => void unsubscribe('sess:client:discovery-error', hear));
    const denied = { code: 'AccessDenied', message: 'User is not authorized to perform it.', httpStatus: 403 };
    for (const refusal of [denied, denied, denied, denied]) site.aws.refuseNext('DescribeCacheClusters', refusal);
    await apiOf(site).modifyCacheCluster({
      CacheClusterId: site.aws.clusterId,
      NumCacheNodes: 4,
      ApplyImmediately: true,
    });
    for (const client of [one, other])
      await expect.poll(() => zonesOf(client), { timeout: 60_000 }).toEqual(zonesAtAws(site));
    expect(site.aws.nodes).toHaveLength(4);
    const refused = errors.filter(({ error }) => 'code' in error && error.code === 'SESS_DISCOVERY_ZONES');
    expect(refused).toHaveLength(4);
    for (const { error } of refused) {
      expect(error.cause).toMatchObject({ name: 'AccessDenied' });
      expect(error.message).toContain('Allow this process elasticache:DescribeCacheClusters');
    }
  });
});

async function settled(...clients: readonly Client[]): Promise<void> {
  await expect.poll(() => clients.every(({ handovers }) => handovers.length === 0), { timeout: 60_000 }).toBe(true);
}
