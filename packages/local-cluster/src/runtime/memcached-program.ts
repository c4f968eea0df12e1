import { runProgram } from './run-program.ts';

const INSTALL = 'install it ("apt-get install memcached", "dnf install memcached", "brew install memcached")';

/** Why the program can't be used, or nothing when it can. */
export async function missingMemcached(program: string): Promise<string | undefined> {
  if (process.platform === 'win32') return 'memcached does not run on Windows itself; use WSL, a container engine or the embedded runtime';
  const outcome = await runProgram(program, ['-V'], 5_000);
  if (outcome.ok && /memcached \d/.test(outcome.stdout)) return undefined;
  if (outcome.missing) return `there is no program "${program}"; ${INSTALL} or name its path with the option "memcachedPath"`;
  return `"${program} -V" did not answer as memcached does (${outcome.summary}); ${INSTALL}`;
}
