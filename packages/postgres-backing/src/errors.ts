/** The kinds of errors. */
export type PostgresBackingErrorCode =
  /** An option is missing, unknown or out of range. Thrown where the options are given. */
  | 'SESS_BAD_OPTION'
  /** No connection, too many connections, the server is starting or stopping, or it did not answer in time. */
  | 'SESS_DATABASE_UNAVAILABLE'
  /** The tables are missing or not what this version expects: `migrate()` was not run. */
  | 'SESS_DATABASE_NOT_MIGRATED'
  /** The user, password or database is wrong, or the user lacks the permission. */
  | 'SESS_DATABASE_DENIED'
  /** A deadlock or a lock that was not free; a retry can succeed at once. */
  | 'SESS_DATABASE_CONTENDED'
  /**
   * The database answered but refuses the data: too long, not in its encoding, against a constraint or a trigger. Only
   * this request fails.
   */
  | 'SESS_BAD_DATA'
  /** The database refused the statement for another reason. */
  | 'SESS_DATABASE_REFUSED';

const RETRYABLE: Readonly<Record<PostgresBackingErrorCode, boolean>> = {
  SESS_BAD_OPTION: false,
  SESS_DATABASE_UNAVAILABLE: true,
  SESS_DATABASE_NOT_MIGRATED: false,
  SESS_DATABASE_DENIED: false,
  SESS_DATABASE_CONTENDED: true,
  SESS_BAD_DATA: false,
  SESS_DATABASE_REFUSED: false,
};

const BRAND: symbol = Symbol.for('@sess/postgres-backing.error');

/**
 * Every error of this package. It holds no key, value, user or password: details of rows from PostgreSQL are left out.
 */
export class PostgresBackingError extends Error {
  readonly code: PostgresBackingErrorCode;
  /** Whether a retry can succeed without anyone changing anything. */
  readonly retryable: boolean;
  /** PostgreSQL's error code of five characters, if it answered. */
  readonly sqlState: string | undefined;

  constructor(code: PostgresBackingErrorCode, message: string, sqlState?: string) {
    super(message);
    Object.defineProperty(this, BRAND, { value: true });
    this.name = 'PostgresBackingError';
    this.code = code;
    this.retryable = RETRYABLE[code];
    this.sqlState = sqlState;
  }

  /** Whether `error` is a `PostgresBackingError`, of any copy of this package. */
  static is(error: unknown): error is PostgresBackingError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}

/** SQLSTATE classes and codes (PostgreSQL documentation, appendix A). A code takes precedence over its class. */
const MEANING: Readonly<Record<string, PostgresBackingErrorCode>> = {
  '08': 'SESS_DATABASE_UNAVAILABLE', // connection
  '53': 'SESS_DATABASE_UNAVAILABLE', // out of connections, memory, disk
  '57': 'SESS_DATABASE_UNAVAILABLE', // cancelled, shutting down, starting up
  '58': 'SESS_DATABASE_UNAVAILABLE', // error outside of PostgreSQL, such as I/O
  '25006': 'SESS_DATABASE_UNAVAILABLE', // read only: a replica, or during a failover
  '28': 'SESS_DATABASE_DENIED',
  '42501': 'SESS_DATABASE_DENIED',
  '3D000': 'SESS_DATABASE_DENIED', // no such database
  '42P01': 'SESS_DATABASE_NOT_MIGRATED', // no such table
  '42703': 'SESS_DATABASE_NOT_MIGRATED', // no such column
  '3F000': 'SESS_DATABASE_NOT_MIGRATED', // no such schema
  '40': 'SESS_DATABASE_CONTENDED',
  '55P03': 'SESS_DATABASE_CONTENDED',
  '22': 'SESS_BAD_DATA', // not a value of this type, or not in the database's encoding: a NUL in a text
  '23': 'SESS_BAD_DATA', // against a constraint
  '44': 'SESS_BAD_DATA', // against the condition of a view
  '54': 'SESS_BAD_DATA', // above a limit of PostgreSQL: too long for an index
  P0: 'SESS_BAD_DATA', // a trigger refuses
};

const ADVICE: Readonly<Partial<Record<PostgresBackingErrorCode, string>>> = {
  SESS_DATABASE_NOT_MIGRATED: '; run migrate(), or the SQL that "sess-postgres sql" prints',
};

/** Maps an error of the driver to one of this package. */
export function meaningOf(error: unknown): PostgresBackingError {
  if (PostgresBackingError.is(error)) return error;
  const { code, message } =
    error instanceof Error ? (error as Error & { code?: unknown }) : { code: undefined, message: String(error) };
  const sqlState = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
  if (sqlState === undefined)
    return new PostgresBackingError(
      'SESS_DATABASE_UNAVAILABLE',
      `PostgreSQL is out of reach: ${message || String(code)}`,
    );
  const meaning = MEANING[sqlState] ?? MEANING[sqlState.slice(0, 2)] ?? 'SESS_DATABASE_REFUSED';
  // PostgreSQL's messages of these classes quote values.
  const text = meaning === 'SESS_BAD_DATA' ? 'the data was refused' : message;
  return new PostgresBackingError(
    meaning,
    `PostgreSQL: ${text} (SQLSTATE ${sqlState})${ADVICE[meaning] ?? ''}`,
    sqlState,
  );
}
