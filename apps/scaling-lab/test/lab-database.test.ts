import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeProcess } from '@sess/loopback';
import { describe, expect, inject, it } from 'vitest';
import type { Report } from '../src/index.ts';
import { twoFreePorts } from './free-ports.ts';
import { nodeProcess } from './lab-process.ts';

function run(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): NodeProcess {
  return nodeProcess(script, args, env);
}

function lab(...args: readonly string[]): NodeProcess {
  return run('scaling-lab/dist/main.js', ['--runtime', 'embedded', '--strategy', 'sess-database', ...args]);
}

describe('the lab with a database behind the nodes', { timeout: 120_000 }, () => {
  it('finds everybody logged in when a node crashes, and when it leaves the list', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sess-lab-'));
    const file = join(directory, 'report.json');
    const process = lab('--scenario', 'crash', '--users', '30', '--json', file);
    expect(await process.ended).toEqual({ code: 0, signal: null });
    expect(process.errors).toBe('');
    const { measurements } = JSON.parse(await readFile(file, 'utf8')) as Report;
    await rm(directory, { recursive: true });
    expect(measurements.map(({ phase, expected }) => ({ phase, expected }))).toEqual([
      { phase: 'listed', expected: { loggedOut: 0, unavailable: 0 } },
      { phase: 'dropped', expected: { loggedOut: 0, unavailable: 0 } },
    ]);
    for (const { users, found, sawOlder, revived } of measurements) {
      expect({ loggedIn: found['logged-in'], sawOlder, revived }).toEqual({ loggedIn: users, sawOlder: 0, revived: 0 });
      expect(users).toBeGreaterThan(15);
    }
    expect(process.groupLives).toBe(false);
  });

  it('ends at Ctrl-C while the database starts, and takes it along', async () => {
    const process = lab('--scenario', 'crash');
    await process.says(/starting 3 memcached nodes and a database/);
    process.killGroup('SIGINT');
    expect(await process.ended).toEqual({ code: 130, signal: null });
    expect(process.groupLives).toBe(false);
  });

  // Two more processes, and a database of its own: in the long form.
  it.runIf(inject('long'))(
    'serves it: the line for one more process has its address, and the sessions are there when every node has begun anew',
    async () => {
      const process = lab('--serve', '--port', String(await twoFreePorts()));
      const [, line = ''] = await process.says(/^ +(SESS_SERVERS=\S+ SESS_BACKING=postgres:\S+ .*main\.js)$[^]*quit/m);
      const env = Object.fromEntries(
        Array.from(line.matchAll(/(\w+)=(\S+)/g), ([, name = '', value = '']) => [name, value]),
      );
      const one = run('fastify-demo/dist/main.js', [], { ...env, PORT: '0' });
      const [[, url = ''], [, koa = '']] = await Promise.all([
        one.says(/listens on (http:\S+)\n/),
        process.says(/^ +(http:\S+) +koa$/m),
      ]);
      const login = await fetch(`${koa}/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user: 'USER_123' }),
      });
      const [cookie = ''] = (login.headers.get('set-cookie') ?? '').split(';');
      process.type('nodes');
      const [nodes = ''] = await process.says(/^127\S+ running(, 127\S+ running)+$/m);
      for (const [id] of nodes.matchAll(/127\S+/g)) {
        process.type(`restart ${id}`);
        await process.says(new RegExp(`^restarted ${id}$`, 'm'));
      }
      const profile = await fetch(`${url}/profile`, { headers: { cookie } });
      expect([profile.status, await profile.json()]).toEqual([200, { user: 'USER_123', cart: [] }]);
      process.type('quit');
      expect(await process.ended).toEqual({ code: 0, signal: null });
      expect(process.groupLives).toBe(false);
    },
  );
});
