import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { userInfo } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort, isListening } from './ports.ts';

/** A memcached of this machine with options of its own. */
export interface MemcachedWith extends AsyncDisposable {
  readonly port: number;
  readonly process: ChildProcess;
}

/** On a free port of 127.0.0.1. Resolves when it accepts connections. */
export async function memcachedWith(...options: readonly string[]): Promise<MemcachedWith> {
  const started = memcachedAt('127.0.0.1', await freePort(), ...options);
  while (!(await isListening(started.port))) {
    if (started.process.exitCode !== null) throw new Error('memcached did not start');
    await pause(10);
  }
  return started;
}

/** It may not accept connections yet. */
export function memcachedAt(address: string, port: number, ...options: readonly string[]): MemcachedWith {
  const user = userInfo().uid === 0 ? ['-u', 'nobody'] : [];
  const program = spawn('memcached', ['-p', String(port), '-l', address, '-U', '0', ...user, ...options], {
    stdio: 'ignore',
  });
  return {
    port,
    process: program,
    async [Symbol.asyncDispose]() {
      if (program.exitCode !== null || program.signalCode !== null) return;
      const ended = once(program, 'exit');
      program.kill('SIGKILL');
      await ended;
    },
  };
}
