import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './ports.ts';

const run = promisify(execFile);

/** A busy machine starts a server slowly. */
const PATIENCE_MS = 60_000;

/** A temporary PostgreSQL server on a free port of this machine; closing it deletes its data. */
export interface PostgresServer {
  readonly connectionString: string;
  /** Stops the server like a crash; resolves to a function that restarts it with its data. */
  crash(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const [programs, user, port] = [await findPrograms(), await unprivileged(), await freePort()];
  const folder = await mkdtemp('/tmp/sess-postgres-');
  if (user.uid !== undefined) await chown(folder, user.uid, user.gid ?? user.uid);
  const data = join(folder, 'data');
  const connectionString = `postgres://sess@127.0.0.1:${port}/postgres`;
  await run(join(programs, 'initdb'), ['-D', data, '-U', 'sess', '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
    ...user,
    cwd: folder,
  });
  const given = Object.entries({ fsync: 'off', max_connections: '100', ...settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const start = async (): Promise<() => Promise<void>> => {
    const server = spawn(
      join(programs, 'postgres'),
      ['-D', data, '-p', String(port), '-k', folder, '-h', '127.0.0.1', ...given],
      {
        ...user,
        cwd: folder,
        stdio: 'ignore',
      },
    );
    const ended = once(server, 'exit');
    await Promise.race([
      answers(programs, port),
      ended.then(() => Promise.reject(new Error('PostgreSQL ended at once'))),
    ]);
    return async () => {
      // Immediate shutdown, without notice to clients: like a crash.
      server.kill('SIGQUIT');
      await ended;
    };
  };
  let stop = await start();
  return {
    connectionString,
    async crash() {
      await stop();
      return async () => {
        stop = await start();
      };
    },
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function findPrograms(): Promise<string> {
  const versions = await readdir('/usr/lib/postgresql').catch(() => []);
  const [newest] = versions.toSorted((a, b) => Number(b) - Number(a));
  if (newest !== undefined) return `/usr/lib/postgresql/${newest}/bin`;
  return (await run('pg_config', ['--bindir'])).stdout.trim();
}

/** PostgreSQL refuses to run as root. */
async function unprivileged(): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'postgres'])).stdout)),
  );
  return { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
}

/**
 * Resolves when the server answers.
 *
 * @throws Error after a minute
 */
async function answers(programs: string, port: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      await run(join(programs, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port), '-q']);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(50);
    }
  }
}
