import type { Client, DrainProgress } from '@sess/client';

export interface DrainTogetherOptions {
  readonly keysPerSecond?: number | undefined;
  /** Copies nothing, and waits until what nobody uses has expired. */
  readonly untilExpired?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (node: string, progress: DrainProgress) => void;
  readonly onDrained: (node: string, progress: DrainProgress) => void;
}

/**
 * Drains nodes side by side: everybody agrees once for all of them. When one drain fails or is stopped, the others stop,
 * too; what is drained by then stays drained, so that a next run has less to do.
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
