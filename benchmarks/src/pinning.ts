import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

interface Pinning {
  /** Cores of what is measured. */
  readonly measured: string;
  /** Cores of everything else: memcached, the load generator, this process. */
  readonly others: string;
}

/**
 * Keeps this process, and all that it starts from now on, off the first core, which is left to what is measured: then
 * that alone is the bottleneck, and rates speak of what it costs. The same for every contender.
 *
 * `undefined` where that can't be done: fewer than two cores, or no `taskset` (Linux has it).
 */
export function leaveFirstCore(): Pinning | undefined {
  const cores = availableParallelism();
  if (cores < 2) return undefined;
  const others = cores === 2 ? '1' : `1-${cores - 1}`;
  const { status } = spawnSync('taskset', ['-a', '-c', '-p', others, String(process.pid)]);
  return status === 0 ? { measured: '0', others } : undefined;
}
