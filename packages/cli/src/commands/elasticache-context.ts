import { awsSettings, cacheClusterApi, type CacheClusterApi } from '../elasticache/cache-cluster-api.ts';
import { capacityReader, type CapacityReader } from '../elasticache/capacity.ts';
import { Journal } from '../elasticache/journal.ts';
import type { Obstacle } from '../elasticache/obstacle.ts';
import { cacheClusterId } from '../elasticache/which-cluster.ts';
import { INTERRUPTED } from '../exit-codes.ts';
import type { CommandContext } from './command-context.ts';

/** The cluster from the command line or SESS_SERVERS. */
export function elastiCacheApi(
  { settings, streams }: CommandContext,
  given: string | undefined,
): Promise<CacheClusterApi> {
  return cacheClusterApi(cacheClusterId(given, settings().servers), awsSettings(streams.env, 'ELASTICACHE'));
}

export function capacityOf({ output, streams }: CommandContext, clusterId: string): CapacityReader {
  return capacityReader(clusterId, awsSettings(streams.env, 'APPLICATION_AUTO_SCALING'), (text) => output.note(text));
}

/** Prints each step to standard error at once: a run may take half an hour. */
export function journalOf({ output }: CommandContext): Journal {
  return new Journal(({ what }) => output.note(what));
}

/** The obstacles, and how to continue a change that has begun. @param resume how to continue */
export function notNow(obstacles: readonly Obstacle[], { steps }: Journal, resume: string): string {
  return [
    ...obstacles.map(({ reason, detail }) => `Not now (${reason}): ${detail}`),
    steps.length === 0 ? 'Nothing was changed.' : resume,
  ].join('\n');
}

/** The exit code of an interrupted command; throws `error` if nobody interrupted it. @param resume how to continue */
export function stoppedBy(error: unknown, context: CommandContext, { steps }: Journal, resume: string): number {
  const { output, streams } = context;
  if (streams.signal.aborted) {
    output.error('SESS_ABORTED', resume);
    return INTERRUPTED;
  }
  if (steps.length > 0) output.note(resume);
  throw error;
}
