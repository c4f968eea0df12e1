import { UsageError } from '../usage-error.ts';

/** `shop.abc123.cfg.use1.cache.amazonaws.com`: the cluster's name is its first label. */
const ENDPOINT = /^elasticaches?:\/\/(?:[^@/]*@)?([a-z][a-z0-9-]*)\.[\w.-]*cfg\.[\w.-]*cache\.amazonaws\.com/i;

/**
 * The cluster's name at AWS: as given, or from the name of its configuration endpoint.
 *
 * @throws {UsageError} if neither contains it
 */
export function cacheClusterId(given: string | undefined, servers: string | readonly string[]): string {
  if (given !== undefined && given !== '') return given;
  const named = typeof servers === 'string' ? ENDPOINT.exec(servers)?.[1] : undefined;
  if (named !== undefined) return named;
  throw new UsageError(
    'Which ElastiCache cluster? Give --cluster NAME, or SESS_SERVERS=elasticache://… with its configuration endpoint.',
  );
}
