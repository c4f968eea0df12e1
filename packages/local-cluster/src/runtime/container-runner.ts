import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { LocalClusterError } from '../errors.ts';
import type { NodeSettings } from '../options.ts';
import { removalCommand, removeContainer, type ContainerEngine } from './container-engine.ts';
import { secretArguments, sizeArguments, writeSecretFiles, type SecretFiles } from './memcached-arguments.ts';
import { untilAnswering } from './node-probe.ts';
import type { NodeAddress, NodeRunner, RunningNode } from './node-runner.ts';
import { OrphanGuard } from './orphan-guard.ts';
import { runProgram } from './run-program.ts';

/** Label of every container: `docker ps --filter label=sess.local-cluster`. Its value is the owner's process id. */
const LABEL = 'sess.local-cluster';
const PORT_INSIDE = 11_211;
const DIRECTORY_INSIDE = '/run/sess';

/** Time limit of the engine for a command on an existing container, in milliseconds. */
const CONTROL_MS = 30_000;

/**
 * Removes containers, and again after 3 seconds because a start may have been pending. Then deletes the directory of
 * secrets. `$1` is the directory, the rest the command.
 */
const ENDING = `directory=$1; shift
[ -z "$left" ] || { "$@" $left; sleep 3; "$@" $left; }
[ -z "$directory" ] || rm -rf -- "$directory"`;

/** Runs each node in a container of its own. */
export async function containerRunner(
  engine: ContainerEngine,
  image: string,
  settings: NodeSettings,
): Promise<NodeRunner> {
  const files = await writeSecretFiles(settings, 'container');
  const guard = new OrphanGuard(ENDING, [files?.directory ?? '', ...removalCommand(engine)]);
  const running = new Set<ContainerNode>();
  return {
    runtime: 'container',
    async start(address) {
      const node = new ContainerNode(engine, address, guard, () => running.delete(node));
      running.add(node);
      try {
        await node.run(image, settings, files);
      } catch (error) {
        await node.kill();
        throw error;
      }
      return node;
    },
    async close() {
      await Promise.all([...running].map((node) => node.kill()));
      await guard.close();
      if (files) await rm(files.directory, { recursive: true, force: true });
    },
  };
}

/** One container. */
class ContainerNode implements RunningNode {
  readonly #name: string = `sess-cluster-${process.pid}-${randomBytes(6).toString('hex')}`;
  readonly #engine: ContainerEngine;
  readonly #address: NodeAddress;
  readonly #guard: OrphanGuard;
  readonly #ended: () => void;
  #removal: Promise<void> | undefined;

  constructor(engine: ContainerEngine, address: NodeAddress, guard: OrphanGuard, ended: () => void) {
    this.#engine = engine;
    this.#address = address;
    this.#guard = guard;
    this.#ended = ended;
  }

  async run(image: string, settings: NodeSettings, files: SecretFiles | undefined): Promise<void> {
    const words = runArguments(this.#name, this.#address, image, settings, files);
    this.#guard.add(this.#name);
    const started = await runProgram(this.#engine.program, words, settings.startTimeoutMs);
    if (!started.ok) throw this.#startFailure(words, started.summary);
    await this.#untilReady(words, settings);
  }

  async kill(): Promise<void> {
    this.#removal ??= this.#remove();
    try {
      await this.#removal;
    } catch (error) {
      // Another try may succeed.
      this.#removal = undefined;
      throw error;
    }
  }

  pause(): Promise<void> {
    return this.#control('pause');
  }

  resume(): Promise<void> {
    return this.#control('unpause');
  }

  /** Waits until the node answers or the container ends. */
  async #untilReady(words: readonly string[], settings: NodeSettings): Promise<void> {
    const limit = new AbortController();
    const answered = new AbortController();
    const timer = setTimeout(() => limit.abort(), settings.startTimeoutMs);
    const end = runProgram(
      this.#engine.program,
      ['wait', this.#name],
      settings.startTimeoutMs + 1_000,
      answered.signal,
    );
    // A busy engine may fail to wait; only the end of the container counts.
    void end.then(({ ok, summary }) => (ok || /no such container/i.test(summary)) && limit.abort());
    try {
      await untilAnswering(this.#address, settings, limit.signal);
    } catch (error) {
      throw this.#startFailure(words, 'the container ended, or did not answer in time', error);
    } finally {
      clearTimeout(timer);
      answered.abort();
      await end;
    }
  }

  async #remove(): Promise<void> {
    const outcome = await removeContainer(this.#engine, this.#name);
    if (!outcome.ok) throw this.#uncontrollable('remove', outcome.summary);
    this.#ended();
    this.#guard.remove(this.#name);
  }

  async #control(command: 'pause' | 'unpause'): Promise<void> {
    const outcome = await runProgram(this.#engine.program, [command, this.#name], CONTROL_MS);
    if (!outcome.ok) throw this.#uncontrollable(command, outcome.summary);
  }

  get #where(): string {
    return `${this.#address.host}:${this.#address.port}`;
  }

  #uncontrollable(command: string, summary: string): LocalClusterError {
    return new LocalClusterError(
      'SESS_NODE_CONTROL',
      `can't ${command} the container ${this.#name} at ${this.#where}: ${summary}`,
    );
  }

  #startFailure(words: readonly string[], summary: string, cause?: unknown): LocalClusterError {
    if (/address already in use|port is already allocated/i.test(summary)) {
      return new LocalClusterError(
        'SESS_PORT_IN_USE',
        `${this.#where} is in use; stop what listens there or choose another port`,
        cause,
      );
    }
    const byHand = [this.#engine.program, ...words.filter((word) => word !== '--detach')].join(' ');
    return new LocalClusterError(
      'SESS_START_FAILED',
      `the container for ${this.#where} did not start: ${summary}; to see why, run: ${byHand}`,
      cause,
    );
  }
}

function runArguments(
  name: string,
  { host, port }: NodeAddress,
  image: string,
  settings: NodeSettings,
  files: SecretFiles | undefined,
): string[] {
  const inside = files && moveInside(files);
  const identity = ['--name', name, '--label', `${LABEL}=${process.pid}`];
  const publish = ['--publish', `${host}:${port}:${PORT_INSIDE}`];
  // An image that starts as root needs a user to switch to; others ignore it.
  const server = [
    '-u',
    'memcache',
    '-p',
    String(PORT_INSIDE),
    '-U',
    '0',
    ...sizeArguments(settings),
    ...secretArguments(inside?.files),
  ];
  return [
    'run',
    '--detach',
    '--rm',
    '--pull=never',
    ...identity,
    ...publish,
    ...(inside?.mounts ?? []),
    image,
    ...server,
  ];
}

/** Mounts each secret separately: the user inside can't enter their directory. */
function moveInside(files: SecretFiles): { readonly files: SecretFiles; readonly mounts: readonly string[] } {
  const mounts: string[] = [];
  const move = (path: string | undefined, name: string): string | undefined => {
    if (path === undefined) return undefined;
    mounts.push('--volume', `${path}:${DIRECTORY_INSIDE}/${name}:ro,z`);
    return `${DIRECTORY_INSIDE}/${name}`;
  };
  const moved = {
    directory: DIRECTORY_INSIDE,
    authentication: move(files.authentication, 'authentication'),
    certificate: move(files.certificate, 'certificate.pem'),
    key: move(files.key, 'key.pem'),
  };
  return { files: moved, mounts };
}
