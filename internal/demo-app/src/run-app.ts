import { SessClientError } from '@sess/client';
import { SessionError } from '@sess/session';
import type { AppOptions, ListenOptions, RunningApp } from './app.ts';
import { EnvironmentError, readEnvironment } from './environment.ts';
import { DatabaseError, ListenError } from './errors.ts';
import type { OpenBacking } from './open-backing.ts';
import { openClient } from './open-client.ts';

/** Time limit for closing, pending requests included, before the process exits. */
const CLOSE_TIMEOUT_MS = 5_000;

export interface RunOptions {
  /** The app's name in its output. */
  readonly name: string;
  /** Port to listen on if `PORT` is not set. */
  readonly defaultPort: number;
  /** Creates the app and starts listening. */
  readonly listen: (app: AppOptions, at: ListenOptions) => Promise<RunningApp>;
}

/** Runs a demo app's process: reads the environment, connects, listens, and closes on SIGTERM or SIGINT. */
export async function runApp(options: RunOptions): Promise<void> {
  try {
    await start(options);
  } catch (error) {
    process.exitCode = 1;
    console.error(`${options.name}: ${explain(error)}`);
  }
}

async function start({ name, defaultPort, listen }: RunOptions): Promise<void> {
  const { host, port, secret, backing: database, ...cluster } = readEnvironment(process.env, defaultPort);
  const client = await openClient({ ...cluster, secret });
  let behind: OpenBacking | undefined;
  try {
    await client.ready();
    // Loads the database driver only if there is a database.
    behind = database === undefined ? undefined : await (await import('./open-backing.ts')).openBacking(database);
    const app = await listen({ client, ...behind, secret }, { host, port });
    console.log(`${name} listens on ${app.url}`);
    onceAskedToStop(name, async () => {
      try {
        // Writes pending changes to the database, and closes it.
        await app.close();
      } finally {
        await client.close();
      }
    });
  } catch (error) {
    // `listen` may have closed it already; close is idempotent.
    await behind?.backing.close();
    await client.close();
    throw error;
  }
}

/** Closes on the first SIGTERM or SIGINT; a second one, or the time limit, ends the process at once. */
function onceAskedToStop(name: string, close: () => Promise<void>): void {
  const stop = (): void => {
    const giveUp = setTimeout(() => {
      console.error(`${name}: requests were still under way after ${CLOSE_TIMEOUT_MS} ms; ending without them`);
      process.exit(1);
    }, CLOSE_TIMEOUT_MS);
    close().then(
      () => clearTimeout(giveUp),
      (error: unknown) => {
        clearTimeout(giveUp);
        process.exitCode = 1;
        console.error(`${name}: could not close everything: ${explain(error)}`);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function explain(error: unknown): string {
  if (error instanceof EnvironmentError || error instanceof ListenError || error instanceof DatabaseError)
    return error.message;
  // The database could not be written to before it was closed.
  if (SessionError.is(error)) return error.message;
  if (!SessClientError.is(error)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  // The client's options come only from these two; any other error means that the cluster does not answer.
  return error.code === 'SESS_BAD_OPTION'
    ? `SESS_SERVERS or SESS_COPIES can't be used. ${error.message}`
    : `the cluster that SESS_SERVERS names is not in reach. ${error.message}`;
}
