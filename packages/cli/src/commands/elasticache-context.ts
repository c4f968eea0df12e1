import { awsSettings, cacheClusterApi, type CacheClusterApi } from '../elasticache/cache-cluster-api.ts';
import { Journal } from '../elasticache/journal.ts';
import { cacheClusterId } from '../elasticache/which-cluster.ts';
import type { CommandContext } from './command-context.ts';

/** The cluster that the command line, or SESS_SERVERS, names. */
export function elastiCacheApi(
  { settings, streams }: CommandContext,
  given: string | undefined,
): Promise<CacheClusterApi> {
  return cacheClusterApi(cacheClusterId(given, settings().servers), awsSettings(streams.env, 'ELASTICACHE'));
}

/** Each step is told at once, on standard error: a run may take half an hour. */
export function journalOf({ output }: CommandContext): Journal {
  return new Journal(({ what }) => output.note(what));
}
