import type { ConfigurationListing } from '../configuration/configuration-listing.ts';
import { LocalClusterError } from '../errors.ts';
import type { Runtime } from '../local-cluster.ts';
import { RUNTIMES, unsupportedBy, type ResolvedOptions } from '../options.ts';
import { reasonAgainst } from './available-runtimes.ts';
import { findEngine, missingImage } from './container-engine.ts';
import { containerRunner } from './container-runner.ts';
import { embeddedRunner } from './embedded-runner.ts';
import { missingMemcached } from './memcached-program.ts';
import { memcachedRunner } from './memcached-runner.ts';
import type { NodeRunner } from './node-runner.ts';

export interface ChosenRunner {
  readonly runner: NodeRunner;
  /** One sentence on why this runner was chosen. */
  readonly reason: string;
}

/** Time limit for fetching the image if containers were requested, in milliseconds. */
const PULL_MS = 300_000;

/** The requested runner, or the first that works here. */
export async function chooseRunner(
  options: ResolvedOptions,
  listing: () => ConfigurationListing,
): Promise<ChosenRunner> {
  if (options.runtime !== 'auto')
    return { runner: await askedFor(options.runtime, options, listing), reason: 'it was asked for' };
  const against: string[] = [];
  for (const runtime of RUNTIMES) {
    const reason = await reasonAgainst(runtime, options);
    if (reason === undefined) {
      const passedOver = against.length === 0 ? '' : ` (${against.join('; ')})`;
      return {
        runner: await askedFor(runtime, options, listing),
        reason: `it is the first that works here${passedOver}`,
      };
    }
    against.push(`${runtime}: ${reason}`);
  }
  throw new LocalClusterError('SESS_NO_RUNTIME', `memcached can't be run here. ${against.join('. ')}`);
}

async function askedFor(
  runtime: Runtime,
  options: ResolvedOptions,
  listing: () => ConfigurationListing,
): Promise<NodeRunner> {
  const unsupported = unsupportedBy(runtime, options.node);
  if (unsupported !== undefined) throw new LocalClusterError('SESS_BAD_OPTION', `runtime "${runtime}": ${unsupported}`);
  if (runtime === 'embedded') return embeddedRunner(options.node, listing);
  if (runtime === 'memcached') {
    refuse(runtime, await missingMemcached(options.memcachedPath));
    return memcachedRunner(options.memcachedPath, options.node);
  }
  const engine = await findEngine(options.containerEngine);
  if (typeof engine === 'string') return refuse(runtime, engine);
  refuse(runtime, await missingImage(engine, options.containerImage, PULL_MS));
  return containerRunner(engine, options.containerImage, options.node);
}

function refuse(runtime: Runtime, reason: string): never;
function refuse(runtime: Runtime, reason: string | undefined): void;
function refuse(runtime: Runtime, reason: string | undefined): void {
  if (reason === undefined) return;
  throw new LocalClusterError(
    'SESS_NO_RUNTIME',
    `runtime "${runtime}" does not work here: ${reason}; or take the runtime "auto" or "embedded"`,
  );
}
