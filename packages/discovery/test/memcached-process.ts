import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, watch, writeFile } from 'node:fs/promises';
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
    const args = ['-l', '127.0.0.1', '-p', '-1', '-U', '0', '-m', '16', ...(authFile === undefined ? [] : ['-Y', users])];
    // Memcached does not run as root without being told so.
    if (process.getuid?.() === 0) args.push('-u', 'root');
    const running = spawn('memcached', args, { env: { ...process.env, MEMCACHED_PORT_FILENAME: portFile }, stdio: 'ignore' });
    try {
      await Promise.race([fileIn(folder, 'port'), once(running, 'exit').then(() => Promise.reject(new Error('memcached did not start')))]);
      // "TCP INET: 12345"
      const port = Number(/^TCP INET: (\d+)/mu.exec(await readFile(portFile, 'utf8'))?.[1]);
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

/** Resolves when a file of this name appears; memcached writes it under another name first, and then renames it. */
async function fileIn(folder: string, name: string): Promise<void> {
  const changes = watch(folder);
  // The watch begins with the first step of the iteration, so the file is looked for between the two.
  const steps = changes[Symbol.asyncIterator]();
  for (let step = steps.next(); ; step = steps.next()) {
    if (await readFile(join(folder, name)).then(Boolean, () => false)) break;
    await step;
  }
  await steps.return?.();
}
