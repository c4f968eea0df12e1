import { SessClientError } from '../../errors.ts';
import type { Dialect } from './dialect.ts';
import { MetaDialect } from './dialect-meta.ts';
import type { Handshake } from './handshake.ts';
import { MetaUnknown, ReplyFault } from './reply-fault.ts';
import type { Request } from './request.ts';

/**
 * Why the next connection should speak classic.
 *
 * - `hung up`: on `mn`, as some proxies do, and also nodes that are just starting.
 * - `hung up on meta`: on the first `mg` or `ms` after it, as others do; but so does every node that stops just then.
 * - `refused`: by something that does not know `mn`, `mg` or `ms`: it said so, or answered only what followed.
 */
export type ClassicInstead = 'hung up' | 'hung up on meta' | 'refused';

/**
 * @param error that ended the connection
 * @param dialect if the node had greeted
 * @param awaiting the request whose reply was the next
 */
export function whyClassic(
  error: unknown,
  handshake: Handshake,
  dialect: Dialect | undefined,
  awaiting: Request | undefined,
): ClassicInstead | undefined {
  if (error instanceof MetaUnknown || (dialect === undefined && handshake.refusesMeta)) return 'refused';
  // Only the loss of a connection can be a hang-up.
  if (SessClientError.is(error) || error instanceof ReplyFault) return undefined;
  if (dialect === undefined) return handshake.awaitsMeta ? 'hung up' : undefined;
  const isUnknown = dialect instanceof MetaDialect && awaiting !== undefined && !dialect.knows(awaiting);
  return isUnknown ? 'hung up on meta' : undefined;
}
