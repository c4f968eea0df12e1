import { UsageError } from '../usage-error.ts';

/**
 * Loads an optional peer dependency.
 *
 * @throws {UsageError} if it is not installed; the message says what to run
 */
export async function loadPeer<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    throw new UsageError(`This needs ${name}, which is not installed. Run: npm install --global @sess/cli ${name}`);
  }
}
