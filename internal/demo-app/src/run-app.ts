import { SessClientError } from '@sess/client';
import { SessionError } from '@sess/session';
import type { AppOptions } from './app-options.ts';
import { DatabaseError } from './database-error.ts';
import { EnvironmentError, readEnvironment } from './environment.ts';
import { ListenError } from './listen-error.ts';
import type { OpenBacking } from './open-backing.ts';
import { openClient } from './open-client.ts';
import type { ListenOptions, RunningApp } from './running-app.ts';

/** How long closing may take, requests under way included, before the process ends without it. */
const CLOSE_TIMEOUT_MS = 5_000;

export interface RunOptions {
  /** What the process calls itself in what it prints. */
  readonly name: string;
  /** Where it listens when `PORT` is not set. */
  readonly defaultPort: number;
  /** Builds the app, and lets it listen. */
  readonly listen: (app: AppOptions, at: ListenOptions) => Promise<RunningApp>;
}

/** The whole life of a demo app's process: environment, cluster, listening, and closing when asked to stop. */
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
    // Only who has a database waits until its driver is loaded.
    behind = database === undefined ? undefined : await (await import('./open-backing.ts')).openBacking(database);
    const app = await listen({ client, ...behind, secret }, { host, port });
    console.log(`${name} listens on ${app.url}`);
    onceAskedToStop(name, async () => {
      try {
        // Writes what waits for the database, and closes that.
        await app.close();
      } finally {
        await client.close();
      }
    });
  } catch (error) {
    // An app that could not listen has closed it, one that could not be built has not; twice does no harm.
    await behind?.backing.close();
    await client.close();
    throw error;
  }
}

/** Closes at the first SIGTERM or SIGINT; a second one, or a close that takes too long, ends the process at once. */
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
  // Of a database that could not be written to any more before it was closed.
  if (SessionError.is(error)) return error.message;
  if (!SessClientError.is(error)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  // What the client was given comes from these two alone; anything else means that the cluster does not answer.
  return error.code === 'SESS_BAD_OPTION'
    ? `SESS_SERVERS or SESS_COPIES can't be used. ${error.message}`
    : `the cluster that SESS_SERVERS names is not in reach. ${error.message}`;
}
