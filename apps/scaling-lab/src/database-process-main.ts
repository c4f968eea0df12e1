/**
 * The lab's database: PGlite in memory, behind a socket, with the tables for sessions. Started with `fork`; it tells where it listens over that channel, and
 * ends with it.
 */
import { setFlagsFromString } from 'node:v8';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { migrationSql } from '@sess/postgres-backing';
import type { FromDatabase } from './database-process.ts';
import { SharedPglite } from './shared-pglite.ts';

/** As PostgreSQL has it by default. */
const MAX_CONNECTIONS = 100;

// Code that is compiled once, and quickly: to optimize what runs for a minute takes as long as all that it is used for.
setFlagsFromString('--liftoff-only');

// Ctrl-C reaches the whole process group; the lab decides when its database ends.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());

try {
  tell({ type: 'listening', address: await listen() });
} catch (error) {
  tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
}

/** Resolves with `host:port`. */
async function listen(): Promise<string> {
  const database = new SharedPglite();
  await database.waitReady;
  await database.exec(migrationSql());
  const server = new PGLiteSocketServer({ db: database, host: '127.0.0.1', port: 0, maxConnections: MAX_CONNECTIONS });
  await server.start();
  return server.getServerConn();
}

function tell(message: FromDatabase): void {
  if (process.connected) process.send?.(message);
}
