import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A memcached of this machine, on a free port of the loopback. */
export class MemcachedProcess {
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(port: number, running: ChildProcess, folder: string) {
    this.port = port;
    this.#process = running;
    this.#folder = folder;
  }

  /** @param authFile lines of `user:password`, for `-Y` */
  static async start(authFile?: string): Promise<MemcachedProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'sess-discovery-'));
    const users = join(folder, 'users');
    const portFile = join(folder, 'port');
    if (authFile !== undefined) await writeFile(users, authFile);
    const args = [
      '-l',
      '127.0.0.1',
      '-p',
      '-1',
      '-U',
      '0',
      '-m',
      '16',
      ...(authFile === undefined ? [] : ['-Y', users]),
    ];
    // Memcached does not run as root without being told so.
    if (process.getuid?.() === 0) args.push('-u', 'root');
    const running = spawn('memcached', args, {
      env: { ...process.env, MEMCACHED_PORT_FILENAME: portFile },
      stdio: 'ignore',
    });
    try {
      const gone = once(running, 'exit').then(() => Promise.reject(new Error('memcached did not start')));
      const ports = await Promise.race([contentsOf(folder, 'port'), gone]);
      // "TCP INET: 12345"
      const port = Number(/^TCP INET: (\d+)/mu.exec(ports)?.[1]);
      return new MemcachedProcess(port, running, folder);
    } catch (error) {
      running.kill('SIGKILL');
      await rm(folder, { recursive: true });
      throw error;
    }
  }

  async close(): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
    await rm(this.#folder, { recursive: true });
  }
}

/**
 * The contents of a file, as soon as it is there. Memcached writes it under another name first, and then renames it.
 */
async function contentsOf(folder: string, name: string): Promise<string> {
  const changes = watch(folder);
  try {
    return await new Promise((resolve) => {
      const look = (): void => void readFile(join(folder, name), 'utf8').then(resolve, () => {});
      changes.on('change', look);
      look();
    });
  } finally {
    changes.close();
  }
}
