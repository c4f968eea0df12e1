/** A stand-in for ElastiCache with sessions of an application on it, and the command pointed at both. */
import type { Client } from '@sess/client';
import { startLocalElastiCache, type LocalElastiCache, type LocalElastiCacheOptions } from '@sess/local-cluster';
import { expect } from 'vitest';

import { application, KEYS, run, type Outcome, type RunOptions } from '../run.ts';
import { resolveNames } from './resolve-names.ts';

export interface Shop {
  readonly aws: LocalElastiCache;
  readonly client: Client;
  readonly env: Readonly<Record<string, string>>;
  /** `sess elasticache …` */
  readonly sess: (words: string, options?: RunOptions) => Promise<Outcome>;
  /** Cache node ids, in AWS's order. */
  readonly nodeIds: () => readonly string[];
  readonly expectNothingMissing: () => Promise<void>;
  /** Adds this many records of 10 kB. */
  readonly fill: (records: number) => Promise<void>;
}

interface ShopOptions extends LocalElastiCacheOptions {
  readonly copies?: number;
  /** Default 300: agreements within a second, and a drain outlives a moment in which this process gets no CPU. */
  readonly historyIntervalMs?: number;
  /** Whether handovers are finished. Default `true`. */
  readonly finish?: boolean;
  /** Of every record. Default 600. */
  readonly ttlSeconds?: number;
}

export async function shop(options: ShopOptions = {}): Promise<Shop> {
  const { copies = 1, historyIntervalMs = 300, finish = true, ttlSeconds = 600, ...standIn } = options;
  // Its nodes list their keys.
  const engine = { engineVersion: '1.6.12' };
  const aws = await startLocalElastiCache({ nodes: 4, runtime: 'embedded', timeScale: 300, ...engine, ...standIn });
  const unresolve = resolveNames(aws);
  const pace = `historyIntervalMs=${historyIntervalMs}&clockSkewMs=0&finish=${finish}`;
  const servers = `${aws.url}?${pace}&pollIntervalMs=100&timeoutMs=5000&copies=${copies}`;
  const client = await application(servers, KEYS, { ttlSeconds });
  // As a guard that was stopped leaves it: the next one need not wait.
  await client.set(`sess-guard/${aws.clusterId}/lease`, 'free', { ttlSeconds });
  onClose(async () => {
    await client.close();
    await aws.close();
    unresolve();
  });
  const env = {
    SESS_SERVERS: servers,
    AWS_ENDPOINT_URL: aws.apiEndpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'nobody',
    AWS_SECRET_ACCESS_KEY: 'looks at it',
  };
  return {
    aws,
    client,
    env,
    sess: (words, more = {}) =>
      run(['elasticache', ...words.split(' '), '--cluster', aws.clusterId], { ...more, env: { ...env, ...more.env } }),
    async fill(records) {
      const value = 'x'.repeat(10_000);
      const keys = Array.from({ length: records }, (_, index) => `s/large-${index}`);
      await Promise.all(keys.map((key) => client.set(key, value, { ttlSeconds: 600 })));
    },
    nodeIds: () => aws.nodes.map(({ cacheNodeId }) => cacheNodeId),
    async expectNothingMissing() {
      // Out of reach for a moment is not lost: a client may not know yet that a node was drained before it went.
      const out = new Set<string>();
      const ask = async (key: string): Promise<boolean> => {
        try {
          if ((await client.get(key)) === undefined) out.add(key);
          return true;
        } catch {
          return false;
        }
      };
      await expect.poll(async () => (await Promise.all(KEYS.map(ask))).every(Boolean), { timeout: 50_000 }).toBe(true);
      expect([...out]).toEqual([]);
    },
  };
}

const closings: (() => Promise<void>)[] = [];

export function onClose(close: () => Promise<void>): void {
  closings.push(close);
}

/** For `afterEach`: ends all that a test started. */
export async function closeShops(): Promise<void> {
  await Promise.all(closings.splice(0).map((close) => close()));
}

/** Until nothing of an earlier change is on its way, as a person would wait. */
export async function settled({ client }: Shop): Promise<void> {
  await expect.poll(() => client.handovers.length, { timeout: 60_000 }).toBe(0);
}

/** A signal that fires when the command says something. */
export function whenSaid(words: string): { readonly signal: AbortSignal; readonly heard: (text: string) => void } {
  const stop = new AbortController();
  return { signal: stop.signal, heard: (text) => void (text.includes(words) && stop.abort()) };
}
