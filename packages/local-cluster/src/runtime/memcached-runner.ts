import { spawn, type ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { LocalClusterError } from '../errors.ts';
import type { NodeSettings } from '../options.ts';
import { memcachedArguments, writeSecretFiles, type SecretFiles } from './memcached-arguments.ts';
import { untilAnswering } from './node-probe.ts';
import type { NodeAddress, NodeRunner, RunningNode } from './node-runner.ts';
import { OrphanGuard } from './orphan-guard.ts';
import { untilStopped } from './process-state.ts';

/** Kills processes, then deletes the directory of secrets. */
const ENDING = `[ -z "$left" ] || kill -9 $left
[ -z "$1" ] || rm -rf -- "$1"`;

/** Runs each node as a child process of this one. */
export async function memcachedRunner(program: string, settings: NodeSettings): Promise<NodeRunner> {
  const files = await writeSecretFiles(settings, 'process');
  const guard = new OrphanGuard(ENDING, [files?.directory ?? '']);
  const running = new Set<MemcachedProcess>();
  return {
    runtime: 'memcached',
    async start(address, onDeath) {
      const node = new MemcachedProcess(program, address, settings, files, guard);
      running.add(node);
      try {
        await node.ready();
      } catch (error) {
        await node.kill();
        running.delete(node);
        throw error;
      }
      void untilEnded(node, () => running.delete(node), onDeath);
      return node;
    },
    async close() {
      await Promise.all([...running].map((node) => node.kill()));
      await guard.close();
      if (files) await rm(files.directory, { recursive: true, force: true });
    },
  };
}

async function untilEnded(node: MemcachedProcess, forget: () => void, onDeath: () => void): Promise<void> {
  const killed = await node.ended;
  forget();
  if (!killed) onDeath();
}

/** One memcached process. */
class MemcachedProcess implements RunningNode {
  /** Resolves when the process has ended, to whether we killed it. */
  readonly ended: Promise<boolean>;
  readonly #process: ChildProcess;
  readonly #address: NodeAddress;
  readonly #program: string;
  readonly #settings: NodeSettings;
  #killed = false;
  #spawnError: Error | undefined;
  #complaint = '';

  constructor(
    program: string,
    address: NodeAddress,
    settings: NodeSettings,
    files: SecretFiles | undefined,
    guard: OrphanGuard,
  ) {
    this.#address = address;
    this.#program = program;
    this.#settings = settings;
    // Detached: Ctrl-C in a terminal must reach only the owner, which then ends its nodes in order.
    this.#process = spawn(program, memcachedArguments(address, settings, files), {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    const { pid } = this.#process;
    if (pid !== undefined) guard.add(String(pid));
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-2_000);
    });
    this.ended = new Promise((resolve) => {
      this.#process.on('error', (error) => {
        this.#spawnError = error;
        if (pid === undefined) resolve(true);
      });
      this.#process.on('close', () => {
        if (pid !== undefined) guard.remove(String(pid));
        resolve(this.#killed);
      });
    });
  }

  async ready(): Promise<void> {
    const { startTimeoutMs } = this.#settings;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), startTimeoutMs);
    void this.ended.then(() => limit.abort());
    try {
      await untilAnswering(this.#address, this.#settings, limit.signal, ({ pid }) => pid === this.#process.pid);
    } catch (error) {
      throw this.#startFailure(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async kill(): Promise<void> {
    this.#killed = true;
    this.#process.kill('SIGKILL');
    await this.ended;
  }

  async pause(): Promise<void> {
    if (!this.#process.kill('SIGSTOP') || this.#process.pid === undefined) throw this.#uncontrollable('paused');
    await untilStopped(this.#process.pid);
  }

  resume(): Promise<void> {
    return this.#process.kill('SIGCONT') ? Promise.resolve() : Promise.reject(this.#uncontrollable('resumed'));
  }

  get #where(): string {
    return `${this.#address.host}:${this.#address.port}`;
  }

  #uncontrollable(participle: string): LocalClusterError {
    return new LocalClusterError(
      'SESS_NODE_CONTROL',
      `the memcached process on ${this.#where} can't be ${participle}: it has ended; restart the node`,
    );
  }

  #startFailure(cause: unknown): LocalClusterError {
    if (this.#spawnError) {
      return new LocalClusterError(
        'SESS_START_FAILED',
        `"${this.#program}" can't be run (${this.#spawnError.message}); install memcached or name it with the option "memcachedPath"`,
        this.#spawnError,
      );
    }
    const said = this.#complaint.trim();
    if (/address already in use/i.test(said)) {
      return new LocalClusterError(
        'SESS_PORT_IN_USE',
        `${this.#where} is in use; stop what listens there or choose another port`,
        cause,
      );
    }
    const { exitCode, signalCode } = this.#process;
    const how =
      exitCode === null && signalCode === null
        ? `did not answer within ${this.#settings.startTimeoutMs} ms (${String(cause)}); raise the option "startTimeoutMs" on a slow machine`
        : `ended with ${signalCode ?? `exit code ${exitCode}`}`;
    return new LocalClusterError(
      'SESS_START_FAILED',
      `memcached on ${this.#where} ${how}${said === '' ? '' : `; it said: ${said}`}`,
      cause,
    );
  }
}
