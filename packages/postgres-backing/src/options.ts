import { inspect } from 'node:util';
import { kindOf } from '@sess/json-data';
import { PostgresBackingError } from './errors.ts';
import type { Queryable } from './queryable.ts';

/** Options of `postgresBacking`: exactly one of `connectionString` and `pool`. */
export interface PostgresBackingOptions {
  /**
   * A URL such as `postgres://user:password@host:5432/database`. Its connections are opened here and closed by
   * `close()`.
   */
  readonly connectionString?: string | undefined;
  /** A `pg` Pool that the application opens and closes; or `fromPglite(database)`. */
  readonly pool?: Queryable | undefined;
  /** With `connectionString`: most connections. Default 10. */
  readonly connections?: number | undefined;
  /**
   * With `connectionString`: how long one statement may run in PostgreSQL, and how long connecting may take, in
   * milliseconds. Default 1,000.
   */
  readonly statementTimeoutMs?: number | undefined;
  /**
   * The table for sessions, in lower case, with its schema if that is not on the search path. Default `sess_sessions`.
   */
  readonly table?: string | undefined;
  /**
   * How often expired rows are removed, in milliseconds; one process at a time does it. 0: only by `cleanUp()`. Default
   * 60,000.
   */
  readonly cleanUpIntervalMs?: number | undefined;
}

export interface ResolvedPostgresOptions {
  readonly source:
    | { readonly kind: 'pool'; readonly pool: Queryable }
    | { readonly kind: 'connectionString'; readonly connectionString: string };
  readonly connections: number;
  readonly statementTimeoutMs: number;
  readonly table: string;
  readonly cleanUpIntervalMs: number;
}

const NAMES: Readonly<Record<keyof PostgresBackingOptions, true>> = {
  connectionString: true,
  pool: true,
  connections: true,
  statementTimeoutMs: true,
  table: true,
  cleanUpIntervalMs: true,
};

/** Names that need no quotes, short enough for the index's name to fit into 63 bytes. */
const TABLE_NAME = /^([a-z_][a-z0-9_]{0,47}\.)?[a-z_][a-z0-9_]{0,47}$/;

/** @throws {PostgresBackingError} `SESS_BAD_OPTION` */
export function resolvePostgresOptions(options: PostgresBackingOptions): ResolvedPostgresOptions {
  try {
    return resolved(options);
  } catch (error) {
    if (PostgresBackingError.is(error)) throw error;
    // A getter or a proxy. The text of its error may show a value.
    throw new PostgresBackingError('SESS_BAD_OPTION', 'the options can not be read: one of them threw an error');
  }
}

function resolved(options: PostgresBackingOptions): ResolvedPostgresOptions {
  if (kindOf(options) !== 'an object')
    throw bad('options', options, 'an object that is no instance of a class, such as { connectionString } or { pool }');
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(NAMES, name))
      throw new PostgresBackingError(
        'SESS_BAD_OPTION',
        // It may be a misplaced URL with a password.
        `unknown option "${/^[\w.-]{1,60}$/.test(name) ? name : '…'}": the options are ${Object.keys(NAMES).join(', ')}`,
      );
  }
  return Object.freeze({
    source: source(options),
    connections: wholeNumber('connections', options.connections, 1, 1_000, 'connections') ?? 10,
    statementTimeoutMs:
      wholeNumber('statementTimeoutMs', options.statementTimeoutMs, 1, 600_000, 'milliseconds') ?? 1_000,
    table: checkTable(options.table ?? 'sess_sessions'),
    cleanUpIntervalMs:
      wholeNumber('cleanUpIntervalMs', options.cleanUpIntervalMs, 0, 86_400_000, 'milliseconds') ?? 60_000,
  });
}

/** The name becomes part of statements, so only a plain name is accepted. */
export function checkTable(table: unknown): string {
  if (typeof table === 'string' && TABLE_NAME.test(table)) return table;
  throw bad(
    'table',
    table,
    'a name of lower-case letters, digits and _, at most 48, with or without a schema before it',
  );
}

function source({ connectionString, pool }: PostgresBackingOptions): ResolvedPostgresOptions['source'] {
  if ((connectionString === undefined) === (pool === undefined)) {
    const came = pool === undefined ? 'neither came (is an environment variable unset?)' : 'both came';
    throw new PostgresBackingError(
      'SESS_BAD_OPTION',
      `exactly one of "connectionString" and "pool" is needed; ${came}`,
    );
  }
  if (pool !== undefined) {
    if (typeof pool === 'object' && pool !== null && typeof pool.query === 'function') return { kind: 'pool', pool };
    throw bad('pool', pool, 'a Pool of pg, or fromPglite(database)');
  }
  if (typeof connectionString === 'string' && /^postgres(ql)?:\/\/|^socket:/.test(connectionString))
    return { kind: 'connectionString', connectionString };
  // The value is not shown: it may hold a password.
  throw new PostgresBackingError(
    'SESS_BAD_OPTION',
    'option "connectionString" is not a URL of PostgreSQL; expected one such as postgres://user:password@host:5432/database',
  );
}

function wholeNumber(option: string, given: unknown, least: number, most: number, unit: string): number | undefined {
  if (given === undefined) return undefined;
  if (typeof given === 'number' && Number.isInteger(given) && given >= least && given <= most) return given;
  throw bad(option, given, `a whole number of ${unit}, ${least} to ${most}`);
}

function bad(option: string, given: unknown, expected: string): PostgresBackingError {
  // A connection string or its parts, given as `pool` or as the options, hold a password: show only the type.
  const mayHoldPassword =
    option === 'pool' || option === 'options' || (typeof given === 'string' && /[:?=@]/.test(given));
  const isEmpty = kindOf(given) === 'an object' && Object.keys(given as object).length === 0;
  const came =
    mayHoldPassword && !isEmpty
      ? kindOf(given).replace('string', 'text')
      : inspect(given, { depth: 0, maxStringLength: 40, breakLength: Infinity });
  return new PostgresBackingError('SESS_BAD_OPTION', `option "${option}" is ${came}; expected ${expected}`);
}
