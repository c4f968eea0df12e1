import { postgresBacking, type PostgresBacking } from '@sess/postgres-backing';
import type { BackingLimits } from '@sess/session';

/** How long the database may take for an answer, in milliseconds: longer than by default, since a demo runs on machines that do much else. */
const ANSWER_TIMEOUT_MS = 2_000;

/** Of what an app asks of it. Closing ends within the time that the process has for it. */
export const BACKING_LIMITS: BackingLimits = { timeoutMs: ANSWER_TIMEOUT_MS, closeTimeoutMs: 2_000 };

/**
 * The database at `url`, with its tables. The caller closes it.
 *
 * @throws {PostgresBackingError} (as a rejection) when it can't be used.
 */
export async function openBacking(url: string): Promise<PostgresBacking> {
  const backing = postgresBacking({ connectionString: url, statementTimeoutMs: ANSWER_TIMEOUT_MS });
  try {
    await backing.migrate();
    return backing;
  } catch (error) {
    await backing.close();
    throw error;
  }
}
