/** What went wrong in the database. */
export type PostgresBackingErrorCode =
  /** An option is missing, unknown or out of range. Thrown where the options are given. */
  | 'SESS_BAD_OPTION'
  /** No connection, too many of them, the server is starting or stopping, or it did not answer in time. */
  | 'SESS_DATABASE_UNAVAILABLE'
  /** The tables are not there, or are not what this version expects: `migrate()` was not run. */
  | 'SESS_DATABASE_NOT_MIGRATED'
  /** The user or password is wrong, or the user may not do this. */
  | 'SESS_DATABASE_DENIED'
  /** Two transactions waited for each other, or for the same row; the same can succeed at once. */
  | 'SESS_DATABASE_CONTENDED'
  /**
   * The database answered, and refuses what it was given: too long, not in its encoding, against a constraint or a
   * trigger. Only this request fails.
   */
  | 'SESS_BAD_DATA'
  /** The database refused the statement itself. */
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

/** Every error of this package. Holds no key, value, user or password: what PostgreSQL says of rows is left out. */
export class PostgresBackingError extends Error {
  readonly code: PostgresBackingErrorCode;
  /** Whether trying the same again later can help without anyone doing anything. */
  readonly retryable: boolean;
  /** PostgreSQL's own code, where it answered: five characters. */
  readonly sqlState: string | undefined;

  constructor(code: PostgresBackingErrorCode, message: string, sqlState?: string) {
    super(message);
    Object.defineProperty(this, BRAND, { value: true });
    this.name = 'PostgresBackingError';
    this.code = code;
    this.retryable = RETRYABLE[code];
    this.sqlState = sqlState;
  }

  /** Whether `error` is of this package, whichever copy of it made the error. */
  static is(error: unknown): error is PostgresBackingError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}

/** SQLSTATE classes and codes (PostgreSQL documentation, appendix A). The longest that fits decides. */
const MEANING: Readonly<Record<string, PostgresBackingErrorCode>> = {
  '08': 'SESS_DATABASE_UNAVAILABLE', // connection
  '53': 'SESS_DATABASE_UNAVAILABLE', // out of connections, memory, disk
  '57': 'SESS_DATABASE_UNAVAILABLE', // cancelled, shutting down, starting up
  '58': 'SESS_DATABASE_UNAVAILABLE', // the system around it
  '25006': 'SESS_DATABASE_UNAVAILABLE', // read only: a replica, or in the middle of a failover
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
  '54': 'SESS_BAD_DATA', // past a limit of PostgreSQL: too long for an index
  P0: 'SESS_BAD_DATA', // a trigger refuses
};

const ADVICE: Readonly<Partial<Record<PostgresBackingErrorCode, string>>> = {
  SESS_DATABASE_NOT_MIGRATED: '; run migrate(), or the SQL that "sess-postgres sql" prints',
};

/** What a failure of the driver means. */
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
  // The texts of these classes quote values.
  const text = meaning === 'SESS_BAD_DATA' ? 'the data was refused' : message;
  return new PostgresBackingError(
    meaning,
    `PostgreSQL: ${text} (SQLSTATE ${sqlState})${ADVICE[meaning] ?? ''}`,
    sqlState,
  );
}
