import { once } from 'node:events';
import { ChildProcesses, endChild } from '../src/process/child-processes.ts';
import type { FromDatabase } from '../src/apps/database-process.ts';

/** The lab's database, as it was built: in this process it would keep the test waiting while it is compiled. */
export async function startBuiltDatabase(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const child = new ChildProcesses().fork(new URL('../dist/apps/database-process-main.js', import.meta.url));
  const [said]: FromDatabase[] = await once(child, 'message');
  if (said?.type !== 'listening') throw new Error(`the database can't start: ${said?.message}`);
  return { url: said.url, close: () => endChild(child) };
}
