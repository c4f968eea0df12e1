import type { FromDatabase } from '../src/apps/database-process.ts';
import { ChildProcesses, STOP_TIMEOUT_MS } from '../src/process/child-processes.ts';

/** Starts the built database in its own process: in this process, its compilation would block the test. */
export async function startBuiltDatabase(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const program = new ChildProcesses().start<FromDatabase>(
    new URL('../dist/apps/database-process-main.js', import.meta.url),
    'the database',
  );
  const said = await program.next();
  if (said.type !== 'listening') throw new Error(`the database can't start: ${said.message}`);
  return { url: said.url, close: () => program.stop(STOP_TIMEOUT_MS) };
}
