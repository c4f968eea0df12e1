import { postgresBacking, type PostgresBacking } from '@sess/postgres-backing';
import type { BackingLimits } from '@sess/session';

/** How long a connection may take, and a statement, that which makes the tables too, in milliseconds. */
const STATEMENT_TIMEOUT_MS = 5_000;

/** Longer than by default for an answer, since a demo runs on machines that do much else; shorter for closing than the process has for it. */
export const BACKING_LIMITS: BackingLimits = { timeoutMs: 2_000, closeTimeoutMs: 2_000 };

/**
 * The database at `url`, with its tables. The caller closes it.
 *
 * @throws {PostgresBackingError} (as a rejection) when it can't be used.
 */
export async function openBacking(url: string): Promise<PostgresBacking> {
  const backing = postgresBacking({ connectionString: url, statementTimeoutMs: STATEMENT_TIMEOUT_MS });
  try {
    await backing.migrate();
    return backing;
  } catch (error) {
    await backing.close();
    throw error;
  }
}
