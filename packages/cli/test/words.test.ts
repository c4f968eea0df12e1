import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { json, run } from './run.ts';
import { sessProcess } from './sess-process.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const COMMANDS = ['status', 'explain', 'plan', 'drain', 'safe-to-remove', 'doctor', 'watch', 'simulate'];

describe('wrong words', () => {
  it.each([
    [['stauts'], 'Did you mean status?'],
    [['safe-to-remov', 'x:1'], 'Did you mean safe-to-remove?'],
    [['status', '--jsno'], 'Did you mean --json?'],
    [['status', 'surplus'], 'too many arguments'],
    [['explain'], "missing required argument 'key-or-cookie'"],
    [['drain', 'x:1', '--keys-per-second', '0'], 'a whole number from 1'],
    [['watch', '--interval', 'often'], 'Expected a number'],
    [['watch', '--web', '--port', '0'], 'Expected a port'],
    [['watch', '--port', '8080'], 'add --web'],
    [['watch', '--web', '--times', '2'], 'exclude each other'],
    [['simulate', '--from', '3'], "required option '--to <nodes>' not specified"],
    [['simulate', '--from', '0', '--to', '1'], '--from: expected 1 to 1,000 nodes; came 0.'],
    [['simulate', '--from', 'a:1,a:1', '--to', '1'], 'a name is there twice'],
  ])('%j: exit code 2, nothing on standard output, and what was meant', async (words, expected) => {
    const { code, stdout, stderr } = await run(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(expected);
    const asJson = await run([...words, '--json']);
    expect(asJson).toMatchObject({ code: 2, stdout: '' });
    expect(JSON.parse(asJson.stderr)).toEqual({
      error: { code: 'SESS_USAGE', message: expect.stringContaining(expected) },
    });
  });

  it.each([
    [['stauts'], 'Try "sess --help".'],
    [['watch', '--interval', 'often'], 'Try "sess watch --help".'],
    [['simulate', '--from', '3'], 'Try "sess simulate --help".'],
    [['elasticache', 'scale-in', '--nodes', 'few'], 'Try "sess elasticache scale-in --help".'],
  ])('%j: it is said which help to read', async (words, expected) => {
    expect((await run(words)).stderr).toContain(expected);
  });

  it('without a cluster it is said how one is named', async () => {
    expect(await run(['status'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('SESS_SERVERS'),
    });
    const { stderr } = await run(['status', '--json']);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'SESS_USAGE' } });
  });

  it.each(['memcached://user:password@127.0.0.1', 'memcached://127.0.0.1?historySecret=0123456789'])(
    'a secret on the command line is refused, and not said again: %s',
    async (servers) => {
      const { code, stdout, stderr } = await run(['status', '--servers', servers]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('can be read by everybody');
      expect(stderr).not.toMatch(/password@|0123456789/);
    },
  );

  it('a URL that is none is refused in the words of the client', async () => {
    const { code, stderr } = await run(['status', '-s', 'memcahced://127.0.0.1']);
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean "memcached"?');
  });
});

describe('help', () => {
  it.each(COMMANDS)('%s has one, with the exit codes', async (name) => {
    const { code, stdout, stderr } = await run([name, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: sess ${name}`);
    expect(stdout).toContain('Exit code: 0 done, or yes; 1 no');
    expect(stdout).toContain('--json');
    expect(README).toContain(`sess ${name}`);
  });

  it('the program says its version, and runs', async () => {
    await using child = sessProcess(['--version'], {});
    const { code } = await child.ended;
    expect({ stdout: child.output, code }).toEqual({ stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), code: 0 });
  });
});

describe('simulate', () => {
  it('compares the strategies, and asks no server', async () => {
    const { code, stdout, stderr } = await run(['simulate', '--from', '3', '--to', '4']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('25.0 % must move at the least');
    const answer = json(await run(['simulate', '--from', 'a:1,b:1', '--to', 'a:1,b:1,c:1', '--json']));
    const strategies = answer['strategies'] as { strategy: string; moved: number; shares: Record<string, number> }[];
    expect(strategies.map(({ strategy }) => strategy)).toEqual(['ketama', 'modulo', 'rendezvous']);
    expect(strategies.find(({ strategy }) => strategy === 'modulo')?.moved).toBeGreaterThan(0.5);
    expect(Object.keys(strategies[0]?.shares ?? {})).toEqual(['a:1', 'b:1', 'c:1']);
  });
});
