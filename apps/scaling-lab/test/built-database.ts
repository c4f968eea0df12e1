import type { FromDatabase } from '../src/apps/database-process.ts';
import { ChildProcesses, STOP_TIMEOUT_MS } from '../src/process/child-processes.ts';

/** The lab's database, as it was built: in this process it would keep the test waiting while it is compiled. */
export async function startBuiltDatabase(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const program = new ChildProcesses().start<FromDatabase>(
    new URL('../dist/apps/database-process-main.js', import.meta.url),
    'the database',
  );
  const said = await program.next();
  if (said.type !== 'listening') throw new Error(`the database can't start: ${said.message}`);
  return { url: said.url, close: () => program.stop(STOP_TIMEOUT_MS) };
}
