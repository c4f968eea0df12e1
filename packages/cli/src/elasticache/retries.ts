/** Asking AWS again while it has too much to do, or can't be reached. */
import { setTimeout as pause } from 'node:timers/promises';

import { awsCode, isPassing, type CacheClusterApi } from './cache-cluster-api.ts';

export interface RetryOptions {
  /** From the first failure of a question on. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Says that AWS is asked again. */
  readonly onRetry: (text: string) => void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** Asks until there is an answer, or a refusal that another attempt would not change; the pauses double, with jitter. */
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

/** The same cluster; what only asks is asked again. What changes something is not: whoever asks looks first. */
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
