import { awsSettings, cacheClusterApi, type CacheClusterApi } from '../elasticache/cache-cluster-api.ts';
import { Journal } from '../elasticache/journal.ts';
import { cacheClusterId } from '../elasticache/which-cluster.ts';
import type { CommandContext } from './command-context.ts';

/** The cluster from the command line or SESS_SERVERS. */
export function elastiCacheApi(
  { settings, streams }: CommandContext,
  given: string | undefined,
): Promise<CacheClusterApi> {
  return cacheClusterApi(cacheClusterId(given, settings().servers), awsSettings(streams.env, 'ELASTICACHE'));
}

/** Prints each step to standard error at once: a run may take half an hour. */
export function journalOf({ output }: CommandContext): Journal {
  return new Journal(({ what }) => output.note(what));
}
