import { SessClientError } from '@sess/client';
import { buildApp } from './app.ts';
import { EnvironmentError, readEnvironment } from './environment.ts';
import { listen } from './listen.ts';
import { ListenError } from './listen-error.ts';
import { openClient } from './open-client.ts';

/** How long closing may take, requests under way included, before the process ends without it. */
const CLOSE_TIMEOUT_MS = 5_000;

try {
  await start();
} catch (error) {
  process.exitCode = 1;
  console.error(`koa-demo: ${explain(error)}`);
}

async function start(): Promise<void> {
  const { host, port, secret, ...cluster } = readEnvironment(process.env);
  const client = openClient(cluster);
  try {
    await client.ready();
    const app = await listen(buildApp({ client, secret }), { host, port });
    console.log(`koa-demo listens on ${app.url}`);
    onceAskedToStop(async () => {
      await app.close();
      await client.close();
    });
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** Closes at the first SIGTERM or SIGINT; a second one, or a close that takes too long, ends the process at once. */
function onceAskedToStop(close: () => Promise<void>): void {
  const stop = (): void => {
    const giveUp = setTimeout(() => {
      console.error(`koa-demo: requests were still under way after ${CLOSE_TIMEOUT_MS} ms; ending without them`);
      process.exit(1);
    }, CLOSE_TIMEOUT_MS);
    close().then(
      () => clearTimeout(giveUp),
      (error: unknown) => {
        clearTimeout(giveUp);
        process.exitCode = 1;
        console.error(`koa-demo: could not close everything: ${explain(error)}`);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function explain(error: unknown): string {
  if (error instanceof EnvironmentError || error instanceof ListenError) return error.message;
  if (!SessClientError.is(error)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  // What the client was given comes from these two alone; anything else means that the cluster does not answer.
  return error.code === 'SESS_BAD_OPTION'
    ? `SESS_SERVERS or SESS_COPIES can't be used. ${error.message}`
    : `the cluster that SESS_SERVERS names is not in reach. ${error.message}`;
}
