/** Retries of queries to AWS while it throttles or is out of reach. */
import { setTimeout as pause } from 'node:timers/promises';

import { awsCode, isPassing, type CacheClusterApi } from './cache-cluster-api.ts';

export interface RetryOptions {
  /** How long to retry, from the first failure on. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Called before each retry. */
  readonly onRetry: (text: string) => void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** Retries until AWS answers, or until an error that a retry can't resolve. Pauses double, with jitter. */
export async function withRetries<T>(ask: () => Promise<T>, { timeoutMs, signal, onRetry }: RetryOptions): Promise<T> {
  let until = Infinity;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs)) {
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error)) throw error;
      until = Math.min(until, performance.now() + timeoutMs);
      if (performance.now() >= until) throw error;
      onRetry(`AWS: ${awsCode(error) ?? (error as Error).message}; asks again`);
      await pause(pauseMs * (0.5 + Math.random()), undefined, { signal });
    }
  }
}

/** The same API with retries of queries. Changes are not retried: their caller checks the state first. */
export function retryingApi(api: CacheClusterApi, options: RetryOptions): CacheClusterApi {
  return {
    clusterId: api.clusterId,
    describe: () => withRetries(() => api.describe(), options),
    events: (minutes) => withRetries(() => api.events(minutes), options),
    removeNodes: (count, ids) => api.removeNodes(count, ids),
    addNodes: (count, zones) => api.addNodes(count, zones),
    changeNodeType: (change) => api.changeNodeType(change),
    close: () => api.close(),
  };
}
