/**
 * A container that is started and ended as the kubelet does with a pod of docs/operations/kubernetes: the same user, limits
 * and hooks, a read-only file system, no capabilities. Its image is this machine's own programs; its network is this
 * machine's, with a loopback address for each pod.
 */
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';

import { PROGRAM } from '../sess-process.ts';
import { memcachedPod } from './manifests.ts';

const REPOSITORY = new URL('../../../../', import.meta.url).pathname;
/** This machine's programs and libraries, Node.js where that is elsewhere, and the command. */
const PROGRAMS = [
  REPOSITORY.replace(/\/$/, ''),
  '/usr',
  '/bin',
  '/lib',
  '/lib64',
  '/etc/ssl',
  dirname(dirname(process.execPath)),
];

export interface Ended {
  /** Of the preStop hook; `undefined` if it was killed. */
  readonly hook: number | undefined;
  readonly endedBy: 'SIGTERM' | 'SIGKILL';
  /** What the pod's log has, of the hook too. */
  readonly log: string;
}

/** An engine of containers, and an image that is empty: this machine's programs are mounted into it. */
export class PodHost {
  readonly engine: string;
  readonly image: string;

  private constructor(engine: string, image: string) {
    this.engine = engine;
    this.image = image;
  }

  /** `undefined` where nothing here can run a pod. */
  static async open(): Promise<PodHost | undefined> {
    if (process.platform !== 'linux') return undefined;
    for (const engine of ['docker', 'podman']) {
      const host = new PodHost(engine, `sess-pod-${randomBytes(6).toString('hex')}`);
      if (await host.#works()) return host;
      await host.close();
    }
    return undefined;
  }

  async close(): Promise<void> {
    await run(this.engine, ['rmi', '--force', this.image]).catch(() => undefined);
  }

  async #works(): Promise<boolean> {
    try {
      const root = await mkdtemp(join(tmpdir(), 'sess-image-'));
      await chmod(root, 0o755);
      // Not piped: the engines differ in how they take it.
      const archive = `${root}.tar`;
      const made = await run('tar', ['-C', root, '-cf', archive, '.']);
      const imported = await run(this.engine, ['import', archive, this.image]);
      await Promise.all([root, archive].map((path) => rm(path, { recursive: true, force: true })));
      const words = ['run', '--rm', '--network=host', '--user', '1000:1000', ...volumes()];
      const server = await run(this.engine, [...words, this.image, 'memcached', '-V']);
      const command = await run(this.engine, [...words, this.image, process.execPath, PROGRAM, '--version']);
      return [made, imported, server, command].every(({ code }) => code === 0);
    } catch {
      return false;
    }
  }
}

export class Pod {
  readonly node: string;
  readonly #host: PodHost;
  readonly #name: string;
  readonly #address: string;
  readonly #port: number;
  #folder: string | undefined;

  private constructor(host: PodHost, address: string, port: number) {
    this.#host = host;
    this.#name = `sess-pod-${randomBytes(6).toString('hex')}`;
    this.#address = address;
    this.#port = port;
    this.node = `${address}:${port}`;
  }

  /** A place for a pod; {@link start} fills it. */
  static async placed(host: PodHost): Promise<Pod> {
    const address = `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;
    const probe = createServer().listen(0, address);
    await once(probe, 'listening');
    const bound = probe.address();
    probe.close();
    await once(probe, 'close');
    return new Pod(host, address, typeof bound === 'object' && bound !== null ? bound.port : 0);
  }

  async start(env: Readonly<Record<string, string>>): Promise<void> {
    const { container, user } = memcachedPod();
    this.#folder ??= await mkdtemp(join(tmpdir(), 'sess-pod-'));
    await chmod(this.#folder, 0o755);
    const command = join(this.#folder, 'sess');
    await writeFile(command, `#!/bin/sh\nexec ${process.execPath} ${PROGRAM} "$@"\n`, { mode: 0o755 });
    const variables = {
      ...env,
      POD_IP: this.#address,
      POD_NAME: this.#name,
      PATH: `${this.#folder}:/usr/local/bin:/usr/bin:/bin`,
    };
    const words = [
      'run',
      '--detach',
      '--network=host',
      '--read-only',
      '--cap-drop=ALL',
      '--security-opt=no-new-privileges',
      `--name=${this.#name}`,
      `--user=${user}`,
      `--memory=${container.resources.limits.memory.replace('Mi', 'm')}`,
      `--volume=${this.#folder}:${this.#folder}:ro`,
      ...volumes(),
      ...Object.entries(variables).map(([name, value]) => `--env=${name}=${value}`),
      this.#host.image,
      'memcached',
      ...container.args,
      // The last word counts: the number of files may be limited here.
      '-c256',
      '-U0',
      `-l${this.#address}`,
      `-p${this.#port}`,
    ];
    const { code, output } = await run(this.#host.engine, words);
    if (code !== 0) throw new Error(`the container did not start: ${output}`);
    await expect.poll(() => answers(this.#address, this.#port)).toBe(true);
  }

  /** The exit code. */
  async hook(
    name: 'postStart' | 'preStop',
    change: (command: readonly string[]) => readonly string[],
  ): Promise<number> {
    const { command } = memcachedPod().container.lifecycle[name].exec;
    return (await run(this.#host.engine, ['exec', this.#name, ...change(command)])).code;
  }

  /** SIGTERM when the preStop hook has ended, SIGKILL when the time is over, whatever is going on. */
  async terminate(
    graceSeconds: number,
    change: (command: readonly string[]) => readonly string[] = (command) => command,
  ): Promise<Ended> {
    const over = pause(1_000 * graceSeconds, 'over' as const);
    const gone = run(this.#host.engine, ['wait', this.#name]);
    let hook: number | undefined;
    const term = async (): Promise<'SIGTERM'> => {
      hook = await this.hook('preStop', change);
      await run(this.#host.engine, ['kill', '--signal', 'TERM', this.#name]);
      await gone;
      return 'SIGTERM';
    };
    const ending = term();
    const endedBy = await Promise.race([ending, over]);
    if (endedBy === 'over') await run(this.#host.engine, ['kill', '--signal', 'KILL', this.#name]);
    await ending.catch(() => undefined);
    const { output } = await run(this.#host.engine, ['logs', this.#name]);
    return {
      hook: endedBy === 'over' ? undefined : hook,
      endedBy: endedBy === 'over' ? 'SIGKILL' : endedBy,
      log: output,
    };
  }

  async remove(): Promise<void> {
    await run(this.#host.engine, ['rm', '--force', this.#name]);
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }
}

function volumes(): readonly string[] {
  return [
    '--security-opt=label=disable',
    ...[...new Set(PROGRAMS)]
      .filter((path) => path !== '/' && existsSync(path))
      .map((path) => `--volume=${path}:${path}:ro`),
  ];
}

async function run(
  program: string,
  words: readonly string[],
): Promise<{ readonly code: number; readonly output: string }> {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => void (output += text));
  await once(child, 'close');
  return { code: child.exitCode ?? 1, output };
}

async function answers(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
