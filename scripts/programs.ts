/**
 * The programs of other projects on this machine, for tests that compare ours with them: `inject('programs')`. With
 * `SESS_REQUIRE_SERVERS=1`, a missing program is a failure unless it is optional; otherwise its tests are skipped, and
 * the run reports it. With `SESS_REQUIRE_SERVERS=0`, the list is empty on every machine.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ProvidedContext } from 'vitest';
import type { TestProject } from 'vitest/node';

type Program = ProvidedContext['programs'][number];

/** A command that succeeds if the program can be used, and how to install it. */
const PROGRAMS: Readonly<Record<Program, { readonly works: string; readonly get: string; readonly optional?: true }>> =
  {
    postgres: {
      works: 'ls "$(pg_config --bindir)/postgres" || ls /usr/lib/postgresql/*/bin/postgres',
      get: 'apt-get install postgresql',
    },
    chromium: { works: 'command -v chromium || command -v google-chrome', get: 'apt-get install chromium' },
    'php-memcached': { works: 'php -m | grep -qi "^memcached$"', get: 'apt-get install php-cli php-memcached' },
    pylibmc: { works: '/usr/bin/python3 -c "import pylibmc"', get: 'apt-get install python3-pylibmc' },
    // Large, and needed by only one test, so no run fails without it.
    promtool: { works: 'command -v promtool', get: 'apt-get install prometheus', optional: true },
    // For one guide only.
    redis: { works: 'command -v redis-server', get: 'apt-get install redis-server', optional: true },
    nutcracker: { works: 'command -v nutcracker', get: 'apt-get install nutcracker' },
    'network-namespaces': {
      works: 'name="sess-$$"; ip netns add "$name" && ip netns exec "$name" iptables -L -n && ip netns del "$name"',
      get: 'apt-get install iproute2 iptables, as root on Linux',
    },
  };

export default async function setup(project: TestProject): Promise<void> {
  if (process.env['SESS_REQUIRE_SERVERS'] === '0') return project.provide('programs', []);
  const found = await Promise.all(
    Object.entries(PROGRAMS).map(async ([name, { works, get, optional = false }]) => ({
      name,
      get,
      optional,
      there: await succeeds(works),
    })),
  );
  for (const { name, get, optional } of found.filter(({ there }) => !there)) {
    const line = `tests with ${name} are left out: it is not on this machine (${get})`;
    if (process.env['SESS_REQUIRE_SERVERS'] === '1' && !optional) throw new Error(line);
    process.stderr.write(`${line}\n`);
  }
  project.provide(
    'programs',
    found.filter(({ there }) => there).map(({ name }) => name as Program),
  );
}

async function succeeds(command: string): Promise<boolean> {
  try {
    await promisify(execFile)('sh', ['-c', command], { timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}
