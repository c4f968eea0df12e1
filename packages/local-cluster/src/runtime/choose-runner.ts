import type { ConfigurationListing } from '../configuration/configuration-listing.ts';
import { LocalClusterError } from '../errors.ts';
import type { Runtime } from '../local-cluster.ts';
import { RUNTIMES, unsupportedBy, type ResolvedOptions } from '../options.ts';
import { reasonAgainst } from './available-runtimes.ts';
import { embeddedRunner } from './embedded-runner.ts';
import { memcachedRunner } from './memcached-runner.ts';
import type { NodeRunner } from './node-runner.ts';

/** The runner that the options ask for, or the first that works here, with one sentence on why it is this one. */
export async function chooseRunner(
  options: ResolvedOptions,
  listing: () => ConfigurationListing,
): Promise<{ readonly runner: NodeRunner; readonly reason: string }> {
  if (options.runtime !== 'auto') {
    const unsupported = unsupportedBy(options.runtime, options.node);
    if (unsupported !== undefined) throw new LocalClusterError('SESS_BAD_OPTION', `runtime "${options.runtime}": ${unsupported}`);
  }
  const candidates = options.runtime === 'auto' ? RUNTIMES : [options.runtime];
  const against: string[] = [];
  for (const runtime of candidates) {
    const reason = unsupportedBy(runtime, options.node) ?? (await reasonAgainst(runtime, options));
    if (reason === undefined) return { runner: await makeRunner(runtime, options, listing), reason: explain(options.runtime, against) };
    against.push(`${runtime}: ${reason}`);
  }
  throw new LocalClusterError('SESS_NO_RUNTIME', `memcached can't be run here. ${against.join('. ')}`);
}

function explain(asked: Runtime | 'auto', against: readonly string[]): string {
  if (asked !== 'auto') return 'asked for';
  return against.length === 0 ? 'the first that works here' : `the first that works here (${against.join('; ')})`;
}

function makeRunner(runtime: Runtime, options: ResolvedOptions, listing: () => ConfigurationListing): Promise<NodeRunner> {
  switch (runtime) {
    case 'container':
    case 'memcached':
      return memcachedRunner(options.memcachedPath, options.node);
    case 'embedded':
      return Promise.resolve(embeddedRunner(options.node, listing));
  }
}
