import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

interface Pinning {
  /** Cores of the measured process. */
  readonly measured: string;
  /** Cores of everything else: memcached, the load generator, this process. */
  readonly others: string;
}

/**
 * Reserves the first core for the measured process: moves this process, and everything that it starts from now on, to
 * the other cores. Then the measured process alone is the bottleneck, and rates show its cost. The same for every
 * contender.
 *
 * Returns `undefined` if that is not possible: fewer than two cores, or no `taskset` (Linux has it).
 */
export function leaveFirstCore(): Pinning | undefined {
  const cores = availableParallelism();
  if (cores < 2) return undefined;
  const others = cores === 2 ? '1' : `1-${cores - 1}`;
  const { status } = spawnSync('taskset', ['-a', '-c', '-p', others, String(process.pid)]);
  return status === 0 ? { measured: '0', others } : undefined;
}
