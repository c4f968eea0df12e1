import type { Client, DrainProgress } from '@sess/client';

export interface DrainTogetherOptions {
  readonly keysPerSecond?: number | undefined;
  /** Copies nothing; waits until unused sessions have expired. */
  readonly untilExpired?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (node: string, progress: DrainProgress) => void;
  readonly onDrained: (node: string, progress: DrainProgress) => void;
}

/**
 * Drains nodes concurrently, so that clients agree once for all of them. If one drain fails or is aborted, the others
 * stop too. Nodes that are already drained stay drained, so that the next run has less to do.
 */
export async function drainTogether(
  client: Client,
  nodes: readonly string[],
  options: DrainTogetherOptions,
): Promise<void> {
  const { keysPerSecond, untilExpired, onProgress, onDrained } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  let failure: unknown;
  await Promise.all(
    nodes.map(async (node) => {
      try {
        const done = await client.drain(node, {
          signal,
          untilExpired,
          ...(keysPerSecond !== undefined && { keysPerSecond }),
          onProgress: (progress) => onProgress(node, progress),
        });
        onDrained(node, done);
      } catch (error) {
        failure ??= error;
        stop.abort();
      }
    }),
  );
  if (failure !== undefined) throw failure;
}
