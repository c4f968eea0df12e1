import type { SessionsLog } from '@sess/session';
import type { FastifyBaseLogger } from 'fastify';

/**
 * Whether Fastify has no logger, as without its option `logger`: then all log methods are the same function and `level`
 * is `undefined`. A logger set to `silent` has a `level`.
 */
export function isMute(log: Pick<FastifyBaseLogger, 'error' | 'info' | 'level'>): boolean {
  return log.error === log.info && log.level === undefined;
}

/** The application's log; `undefined` if there is none. */
export function logOf(log: FastifyBaseLogger): SessionsLog | undefined {
  return isMute(log) ? undefined : ({ level, message }) => log[level](message);
}
