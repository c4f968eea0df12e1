import type { SessionsLog } from '@sess/session';
import type { FastifyBaseLogger } from 'fastify';

/**
 * Whether Fastify has no logger, as without the option `logger`: then all its levels are one function, and it knows of
 * no level. One that is set to `silent` knows.
 */
export function isMute(log: Pick<FastifyBaseLogger, 'error' | 'info' | 'level'>): boolean {
  return log.error === log.info && log.level === undefined;
}

/** The application's log; `undefined` where there is none. */
export function logOf(log: FastifyBaseLogger): SessionsLog | undefined {
  return isMute(log) ? undefined : ({ level, message }) => log[level](message);
}
