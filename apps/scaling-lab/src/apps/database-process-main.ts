/**
 * The lab's database: PostgreSQL in memory, behind a socket. Started with `fork`; it reports its URL over that channel,
 * and exits when the channel closes: a database in memory needs no closing.
 */
import { setFlagsFromString } from 'node:v8';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { migrationSql } from '@sess/postgres-backing';
import type { FromDatabase } from './database-process.ts';
import { SharedPglite } from './shared-pglite.ts';

/** PostgreSQL's default. */
const MAX_CONNECTIONS = 100;

// Compiles the WebAssembly code quickly, without optimization: optimizing would take longer than the lab runs.
setFlagsFromString('--liftoff-only');

// Ctrl-C reaches the whole process group; the lab decides when its database ends.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());

try {
  tell({ type: 'listening', url: await open() });
} catch (error) {
  tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
}

/** Resolves when the database listens on a free port. Creates the tables once, so that the apps need not. */
async function open(): Promise<string> {
  const database = new SharedPglite();
  await database.waitReady;
  await database.exec(migrationSql());
  const server = new PGLiteSocketServer({ db: database, host: '127.0.0.1', port: 0, maxConnections: MAX_CONNECTIONS });
  await server.start();
  return `postgres://postgres@${server.getServerConn()}/postgres`;
}

function tell(message: FromDatabase): void {
  if (process.connected) process.send?.(message);
}
