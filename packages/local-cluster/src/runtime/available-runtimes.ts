import { resolveOptions, RUNTIMES, type LocalClusterOptions, type ResolvedOptions } from '../options.ts';
import type { Runtime } from '../local-cluster.ts';
import { missingMemcached } from './memcached-program.ts';

/** Whether one way of running memcached works here. */
export interface RuntimeAvailability {
  readonly runtime: Runtime;
  readonly available: boolean;
  /** Why not, and what to install or do. */
  readonly reason?: string;
}

/** Which ways of running memcached this machine has, best first. */
export async function availableRuntimes(options: LocalClusterOptions = {}): Promise<readonly RuntimeAvailability[]> {
  const resolved = resolveOptions(options);
  return Promise.all(
    RUNTIMES.map(async (runtime) => {
      const reason = await reasonAgainst(runtime, resolved);
      return reason === undefined ? { runtime, available: true } : { runtime, available: false, reason };
    }),
  );
}

/** Why a runtime does not work here, or nothing when it does. */
export function reasonAgainst(runtime: Runtime, options: ResolvedOptions): Promise<string | undefined> {
  switch (runtime) {
    case 'container':
      return Promise.resolve('not there yet');
    case 'memcached':
      return missingMemcached(options.memcachedPath);
    case 'embedded':
      return Promise.resolve(undefined);
  }
}
