import type { Runtime } from '../local-cluster.ts';
import { resolveOptions, RUNTIMES, unsupportedBy, type LocalClusterOptions, type ResolvedOptions } from '../options.ts';
import { findEngine, missingImage } from './container-engine.ts';
import { containerRunner } from './container-runner.ts';
import { missingMemcached } from './memcached-program.ts';
import { onFreePort } from './node-port.ts';

/** Whether a runtime works here. */
export interface RuntimeAvailability {
  readonly runtime: Runtime;
  readonly available: boolean;
  /** Why it does not work, and what to install or do. */
  readonly reason?: string;
}

/** Time limit for fetching an image before `auto` tries the next runtime, in milliseconds. */
const PULL_MS = 30_000;

/**
 * The runtimes of this machine, in the order in which `auto` tries them: `container`, `memcached`, `embedded`.
 *
 * Starts a container and asks it, because an engine that answers may still be unable to run one. Takes about as long as
 * that; at most 90 seconds if the engine hangs or the image can't be fetched.
 *
 * @param options - as for `startLocalCluster`: the programs and image to look for
 * @throws LocalClusterError `SESS_BAD_OPTION`
 */
export async function availableRuntimes(options: LocalClusterOptions = {}): Promise<readonly RuntimeAvailability[]> {
  const resolved = resolveOptions(options);
  return Promise.all(
    RUNTIMES.map(async (runtime) => {
      const reason = await reasonAgainst(runtime, resolved);
      return reason === undefined ? { runtime, available: true } : { runtime, available: false, reason };
    }),
  );
}

/** Why a runtime does not work here with these options; `undefined` if it works. */
export async function reasonAgainst(runtime: Runtime, options: ResolvedOptions): Promise<string | undefined> {
  const unsupported = unsupportedBy(runtime, options.node);
  if (unsupported !== undefined || runtime === 'embedded') return unsupported;
  return runtime === 'memcached' ? missingMemcached(options.memcachedPath) : missingContainers(options);
}

async function missingContainers(options: ResolvedOptions): Promise<string | undefined> {
  const engine = await findEngine(options.containerEngine);
  if (typeof engine === 'string') return engine;
  const missing = await missingImage(engine, options.containerImage, PULL_MS);
  if (missing !== undefined) return missing;
  const runner = await containerRunner(engine, options.containerImage, options.node);
  try {
    await onFreePort((port) => runner.start({ host: '127.0.0.1', port }, () => undefined));
    return undefined;
  } catch (error) {
    return `${engine.program} answers but can't run a container: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    await runner.close();
  }
}
