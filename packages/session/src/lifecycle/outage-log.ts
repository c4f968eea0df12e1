import { hasCode, type SessionError } from '../errors.ts';
import { badOption } from '../options/option-checks.ts';

/** One line for the operator. */
export interface LogEntry {
  readonly level: 'error' | 'warn' | 'info';
  /** What happened, and what to do. It may name nodes of the store, but never a visitor, id, key, value or secret. */
  readonly message: string;
  /** The error's code in docs/errors.md, if the line is about one that is no outage. */
  readonly code?: 'SESS_OUT_OF_MEMORY';
}

/** What is out of reach, and what that means for sessions. */
export interface Outage {
  /** Subject and verb: "Sessions are". */
  readonly what: string;
  readonly advice: string;
  /** What it means that a node answers and has no memory left. Absent: that is an outage like any other. */
  readonly withoutMemory?: string;
}

/**
 * Receives the lines for the operator: two per outage, and lines about nodes if the application passed the log.
 * Default: the process's `warning` event; with Fastify, the application's log.
 */
export type SessionsLog = (entry: LogEntry) => void;

/** Outages that begin within this time count as one: a network that drops every second packet must not fill a log. */
const QUIET_MS = 10_000;
/** A node without memory fails some writes and not others, so nothing says when it has memory again. */
const QUIET_WITHOUT_MEMORY_MS = 600_000;

/**
 * Logs when the store, or one side of it, goes out of reach, and when it is back: one line each, however many requests
 * fail.
 *
 * The store is back when the key that failed last succeeds, or when any key succeeds after ten seconds without a
 * failure. One success is not enough: with one of several nodes down, sessions on the others succeed all the time.
 */
export class OutageLog {
  readonly #log: SessionsLog;
  readonly #now: () => number;
  readonly #of: Outage;
  #down:
    | { readonly key: string; readonly lastAt: number; readonly failures: number; readonly since: number }
    | undefined;
  #toldAt = -Infinity;
  #toldOfMemoryAt = -Infinity;

  constructor(log: SessionsLog, now: () => number, of: Outage = OF_SESSIONS) {
    this.#log = log;
    this.#now = now;
    this.#of = of;
  }

  failed(key: string, error: unknown): void {
    if (!hasCode(error, 'SESS_UNAVAILABLE')) return;
    const now = this.#now();
    if (this.#of.withoutMemory !== undefined && isWithoutMemory(error)) {
      this.#tellOfMemory(error, this.#of.withoutMemory, now);
      return;
    }
    if (this.#down === undefined) {
      if (Math.abs(now - this.#toldAt) < QUIET_MS) return;
      this.#toldAt = now;
      this.#log({
        level: 'error',
        message: `${this.#of.what} out of reach: ${reasonOf(error)}. ${this.#of.advice} This line comes once per outage.`,
      });
    }
    const { failures = 0, since = now } = this.#down ?? {};
    this.#down = { key, lastAt: now, failures: failures + 1, since };
  }

  #tellOfMemory(error: SessionError, advice: string, now: number): void {
    if (Math.abs(now - this.#toldOfMemoryAt) < QUIET_WITHOUT_MEMORY_MS) return;
    this.#toldOfMemoryAt = now;
    const message = `A node has no memory left for sessions: ${reasonOf(error)}. ${advice} This line comes at most once in ten minutes.`;
    this.#log({ level: 'error', message, code: 'SESS_OUT_OF_MEMORY' });
  }

  succeeded(key: string): void {
    const down = this.#down;
    // The common case: every request calls this.
    if (down === undefined) return;
    const now = this.#now();
    if (key !== down.key && Math.abs(now - down.lastAt) < QUIET_MS) return;
    this.#down = undefined;
    const seconds = Math.max(0, Math.round((now - down.since) / 1_000));
    this.#log({
      level: 'info',
      message: `${this.#of.what} in reach again after ${seconds} s and ${down.failures} failed ${down.failures === 1 ? 'request' : 'requests'}.`,
    });
  }
}

/** @throws {SessionError} `SESS_BAD_OPTION` */
export function resolveLog(given: unknown): SessionsLog {
  if (given === undefined) return warn;
  if (typeof given !== 'function') throw badOption('log', given, 'a function of { level, message }');
  const log = given as (entry: LogEntry) => unknown;
  // It is called in the middle of a request or of an event of the client, and neither may fail because of the log.
  return (entry) => {
    try {
      Promise.resolve(log(entry)).catch((error: unknown) => logFailed(entry, error));
    } catch (error) {
      logFailed(entry, error);
    }
  };
}

function logFailed({ message }: LogEntry, error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  process.emitWarning(`The option log failed (${why}). Its line was: ${message}`, {
    type: 'SessWarning',
    code: 'SESS_LOG_FAILED',
  });
}

function warn({ level, message, code }: LogEntry): void {
  process.emitWarning(message, {
    type: 'SessWarning',
    code: code ?? (level === 'info' ? 'SESS_IN_REACH' : 'SESS_OUT_OF_REACH'),
  });
}

function isWithoutMemory({ cause }: SessionError): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'SESS_OUT_OF_MEMORY';
}

export const OF_SESSIONS: Outage = {
  what: 'Sessions are',
  advice:
    'Requests that use their session are answered as onUnavailable says (503 by default); browsers keep their cookies, so nobody is logged out. ' +
    'Check that the nodes run and that this machine reaches them; see SESS_UNAVAILABLE in docs/errors.md.',
  withoutMemory:
    'Requests that change their session are answered 503, and memcached may delete a session whose change it refuses. See SESS_OUT_OF_MEMORY in docs/errors.md.',
};

/** For the store of another session library. */
export const OF_STORE: Outage = {
  what: 'The store of the sessions is',
  advice:
    'Requests that need it fail with SESS_UNAVAILABLE, as its library passes that on; browsers keep their cookies, so nobody is logged out. ' +
    'Check that the nodes run and that this machine reaches them; see SESS_UNAVAILABLE in docs/errors.md.',
  withoutMemory:
    'Changes fail with SESS_UNAVAILABLE, as its library passes that on, and memcached may delete a session whose change it refuses. See SESS_OUT_OF_MEMORY in docs/errors.md.',
};

/** The cache, if a database is behind it. */
export const OF_CACHE: Outage = {
  what: 'The cache of the sessions is',
  advice:
    'Meanwhile sessions are read from the database and saved there, so nobody is logged out; it has more to do. ' +
    'Check that the nodes run and that this machine reaches them.',
  withoutMemory:
    'Sessions that do not fit are read from the database, so nobody is logged out; it has more to do. See SESS_OUT_OF_MEMORY in docs/errors.md.',
};

export const OF_DATABASE: Outage = {
  what: 'The database behind the sessions is',
  advice:
    'Meanwhile sessions are read from the cache and saved there, and written to the database later; one that the cache has lost is answered as ' +
    'onUnavailable says (503 by default). Check that the database runs and that this machine reaches it.',
};

/** The cause says which node and why; the message only repeats that sessions are out of reach. */
export function reasonOf({ message, cause }: SessionError): string {
  const why = cause instanceof Error ? cause.message : '';
  return (message.includes(why) ? message : why).replace(/[\s.]+$/, '');
}
