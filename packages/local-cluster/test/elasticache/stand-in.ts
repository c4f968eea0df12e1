import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { onTestFinished } from 'vitest';

import type { LocalElastiCacheOptions } from '../../src/elasticache/elasticache-options.ts';
import type { LocalElastiCache } from '../../src/elasticache/local-elasticache.ts';
import { startLocalElastiCache } from '../../src/elasticache/start-local-elasticache.ts';

/** A stand-in, and unchanged clients of the SDK that connect to it. */
export interface StandIn {
  readonly cluster: LocalElastiCache;
  readonly elasticache: ElastiCacheClient;
  readonly autoScaling: ApplicationAutoScalingClient;
  readonly cloudWatch: CloudWatchClient;
}

export const CLUSTER = 'shop';

/** Starts a stand-in that ends with the test. */
export async function standIn(options: LocalElastiCacheOptions = {}): Promise<StandIn> {
  const cluster = await startLocalElastiCache({ clusterId: CLUSTER, timeScale: 1_000, ...options });
  const config = {
    endpoint: cluster.apiEndpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'nobody', secretAccessKey: 'looks at it' },
    maxAttempts: 1,
  };
  const clients = {
    elasticache: new ElastiCacheClient(config),
    autoScaling: new ApplicationAutoScalingClient(config),
    cloudWatch: new CloudWatchClient(config),
  };
  onTestFinished(async () => {
    for (const client of Object.values(clients)) client.destroy();
    await cluster.close();
  });
  return { cluster, ...clients };
}
