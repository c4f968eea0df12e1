import { runProgram } from './run-program.ts';

const INSTALL = 'install it ("apt-get install memcached", "dnf install memcached", "brew install memcached")';

/** Programs known to be memcached, to check each only once. */
const known = new Set<string>();

/** Why the program can't be used; `undefined` if it can. */
export async function missingMemcached(program: string): Promise<string | undefined> {
  if (known.has(program)) return undefined;
  if (process.platform === 'win32')
    return 'memcached does not run on Windows itself; use WSL, a container engine or the embedded runtime';
  const outcome = await runProgram(program, ['-V'], 5_000);
  if (outcome.ok && /memcached \d/.test(outcome.stdout)) {
    known.add(program);
    return undefined;
  }
  if (outcome.missing)
    return `there is no program "${program}"; ${INSTALL} or name its path with the option "memcachedPath"`;
  return `"${program} -V" did not answer as memcached does (${outcome.summary}); ${INSTALL}`;
}
