import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, isListening } from './ports.ts';

const PATIENCE_MS = 10_000;

/** A separate Redis server on loopback, which stores nothing on disk. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
}

/** Resolves to `undefined` if this machine has no `redis-server`. */
export async function startRedis(): Promise<RedisServer | undefined> {
  if (spawnSync('redis-server', ['--version']).error !== undefined) return undefined;
  const port = await freePort();
  const running = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    {
      stdio: 'ignore',
    },
  );
  const ended = once(running, 'exit');
  for (const deadline = performance.now() + PATIENCE_MS; !(await isListening(port)); await sleep(20)) {
    if (running.exitCode !== null || performance.now() > deadline) throw new Error('redis-server did not start');
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      running.kill('SIGKILL');
      await ended;
    },
  };
}
