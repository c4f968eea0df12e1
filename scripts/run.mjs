import { spawn } from 'node:child_process';

/**
 * Runs a command, from the root of the repository unless `cwd` says otherwise, with its output passed through.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string | URL, env?: Record<string, string> }} [options]
 * @returns {Promise<number>} the exit code; 128 and above after a signal
 */
export function run(command, args, { cwd = new URL('..', import.meta.url), env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', cwd, env: { ...process.env, ...env } });
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  });
}
