import { postgresBacking, PostgresBackingError, type PostgresBackingErrorCode } from '@sess/postgres-backing';
import type { Backing, BackingLimits } from '@sess/session';
import { DatabaseError } from './errors.ts';

/** Time limit of a connection and of a statement, migrations included, in milliseconds. */
const STATEMENT_TIMEOUT_MS = 5_000;

/**
 * A longer timeout than the default, because demos run on busy machines; a shorter close timeout than the process has.
 */
const LIMITS: BackingLimits = { timeoutMs: 2_000, closeTimeoutMs: 2_000 };

export interface OpenBacking {
  readonly backing: Backing & { close(): Promise<void> };
  readonly backingLimits: BackingLimits;
}

/**
 * Opens the database at `url` and creates its tables. The caller closes it.
 *
 * @throws {DatabaseError} (as a rejection) if it can't be used.
 */
export async function openBacking(url: string): Promise<OpenBacking> {
  try {
    const backing = postgresBacking({ connectionString: url, statementTimeoutMs: STATEMENT_TIMEOUT_MS });
    try {
      await backing.migrate();
    } catch (error) {
      await backing.close();
      throw error;
    }
    return { backing, backingLimits: LIMITS };
  } catch (error) {
    if (!PostgresBackingError.is(error)) throw error;
    throw new DatabaseError(
      `${REASONS[error.code] ?? "the database that SESS_BACKING names can't be used"}. ${error.message}`,
    );
  }
}

const REASONS: Readonly<Partial<Record<PostgresBackingErrorCode, string>>> = {
  SESS_DATABASE_UNAVAILABLE:
    'the database that SESS_BACKING names is not in reach. Start it, or unset SESS_BACKING to do without',
  SESS_DATABASE_DENIED: 'the database that SESS_BACKING names does not let this user in, or make tables',
};
