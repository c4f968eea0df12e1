import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takenPort } from '@sess/loopback';
import { describe, expect, inject, test } from 'vitest';
import { runCommand as run } from './command-process.ts';
import { exchange } from './wire/raw-exchange.ts';

async function ask(port: number, request: string): Promise<string> {
  return (await exchange(port, request)).toString();
}

const portOf = (address: string): number => Number(address.split(':').at(-1));

describe.each(inject('mainRuntimes'))('sess-cluster with runtime %s', (runtime) => {
  test('takes commands, tells what they did, and leaves nothing running', async () => {
    const command = run(['--nodes', '2', '--runtime', runtime, '--json']);
    const first = await command.event();
    expect(first).toMatchObject({
      event: 'started',
      runtime,
      configurationVersion: 1,
      nodes: [
        { number: 1, state: 'running' },
        { number: 2, state: 'running' },
      ],
    });
    expect(await ask(portOf(first.configurationEndpoint), 'config get cluster\r\n')).toContain(
      `127.0.0.1|127.0.0.1|${first.nodes[1]?.port}`,
    );

    command.type('add');
    expect(await command.event()).toMatchObject({
      event: 'nodes',
      command: 'add',
      configurationVersion: 2,
      nodes: { length: 3 },
    });
    command.type('crash 1');
    expect(await command.event()).toMatchObject({ command: 'crash', nodes: [{ number: 1, state: 'crashed' }, {}, {}] });
    command.type(`restart ${first.nodes[0]?.id}`);
    expect(await command.event()).toMatchObject({
      command: 'restart',
      nodes: [{ number: 1, state: 'running' }, {}, {}],
    });
    command.type('pause 2');
    expect(await command.event()).toMatchObject({ nodes: [{}, { number: 2, state: 'paused' }, {}] });
    command.type('resume 2');
    expect(await command.event()).toMatchObject({ nodes: [{}, { number: 2, state: 'running' }, {}] });
    command.type('remove 1');
    expect(await command.event()).toMatchObject({ configurationVersion: 3, nodes: [{ number: 2 }, { number: 3 }] });
    command.type('list');
    const last = await command.event();
    expect(last).toMatchObject({ command: 'list', nodes: [{ number: 2 }, { number: 3 }] });

    command.type('quit');
    expect(await command.event()).toEqual({ event: 'stopped' });
    expect(await command.end()).toEqual({ code: 0, errors: '' });
    const ports = [
      portOf(last.configurationEndpoint ?? first.configurationEndpoint),
      ...first.nodes.map((node) => node.port),
      ...last.nodes.map((node) => node.port),
    ];
    expect((await Promise.all(ports.map((port) => ask(port, 'version\r\n')))).join('')).toBe('');
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('ends at %s with everything it started, and exit code %i', async (signal, code) => {
    const command = run(['--nodes', '2', '--runtime', runtime, '--json'], 'ignore');
    const { nodes } = await command.event();
    command.kill(signal);
    expect(await command.event()).toEqual({ event: 'stopped' });
    expect(await command.end()).toMatchObject({ code });
    expect(await ask(nodes[0]?.port ?? 0, 'version\r\n')).toBe('');
  });
});

describe('sess-cluster', () => {
  test('says which runtime it took and why, the endpoint and the nodes, as text', async () => {
    const command = run(['-n', '1', '-r', 'embedded']);
    expect(await command.line()).toBe('runtime embedded: it was asked for');
    expect(await command.line()).toMatch(
      /^configuration endpoint 127\.0\.0\.1:\d+ \(elasticache:\/\/127\.0\.0\.1:\d+\)$/,
    );
    expect(await command.line()).toMatch(/^ {2}1 {2}127\.0\.0\.1:\d+ +running$/);
    command.type('help');
    expect(await command.line()).toMatch(/^Usage: sess-cluster/);
  });

  test('ends with the end of a pipe, with exit code 1 when a command failed', async () => {
    const command = run(['-n', '1', '-r', 'embedded']);
    for (const line of [
      'nonsense',
      'crash',
      'crash 9',
      'crash 127.0.0.1:1',
      'remove 1',
      'add more',
      '',
      'crash 1',
      'pause 1',
    ])
      command.type(line);
    command.endInput();
    const { code, errors } = await command.end();
    expect(code).toBe(1);
    expect(errors.split('\n')).toEqual([
      'sess-cluster: unknown command "nonsense"; known are list, add, remove ID, crash ID, restart ID, pause ID, resume ID, help, quit',
      'sess-cluster: expected one node: crash ID, with host:port or a number of the list',
      'sess-cluster: no node with the number 9; the list has 1',
      expect.stringMatching(/^sess-cluster: no node "127\.0\.0\.1:1"; the cluster has 127/),
      expect.stringMatching(/is the last one and can't be removed; add another first/),
      expect.stringMatching(/^sess-cluster: unknown command "add more"/),
      expect.stringMatching(/it has crashed; restart it first$/),
      '',
    ]);
  });

  test('stays up when its input is /dev/null', async () => {
    const command = run(['-n', '1', '-r', 'embedded', '--json'], 'ignore');
    const { nodes } = await command.event();
    expect(await ask(nodes[0]?.port ?? 0, 'mn\r\n')).toBe('MN\r\n');
    expect(command.process.exitCode).toBeNull();
  });

  test('ends when nobody reads its output any more', async () => {
    const command = run(['-n', '1', '-r', 'embedded']);
    await command.line();
    command.process.stdout?.destroy();
    for (let times = 0; times < 20; times++) command.type('list');
    expect(await command.end()).toMatchObject({ code: 143 });
  });

  test('says that the port is in use', async () => {
    await using taken = await takenPort();
    expect(await run(['--port', String(taken.port)]).end()).toMatchObject({
      code: 1,
      errors: `sess-cluster: the configuration endpoint can't listen on 127.0.0.1:${taken.port}: the port is in use; choose another or leave it out\n`,
    });
  });

  test('says why a runtime does not work', async () => {
    const { code, errors } = await run(['--runtime', 'memcached', '--memcached', '/nowhere/memcached']).end();
    expect([code, errors]).toEqual([
      1,
      expect.stringMatching(
        /^sess-cluster: runtime "memcached" does not work here: there is no program "\/nowhere\/memcached"; install it/,
      ),
    ]);
  });

  test('refuses a wrong option with exit code 2, and names the help', async () => {
    const { code, errors } = await run(['--nonsense']).end();
    expect([code, errors]).toEqual([
      2,
      expect.stringMatching(/^sess-cluster: Unknown option '--nonsense'.*\nTry "sess-cluster --help"\.\n$/),
    ]);
  });

  test('shows its help and its version', async () => {
    expect(await run(['--help']).line()).toBe('Usage: sess-cluster [options]');
    expect(await run(['--version']).line()).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('reads credentials from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sess-command-'));
    const file = join(folder, 'credentials');
    writeFileSync(file, 'user:secret\n');
    const command = run(['-n', '1', '-r', 'embedded', '--json', '--credentials-file', file]);
    const port = (await command.event()).nodes[0]?.port ?? 0;
    expect(await ask(port, 'set x 0 0 11\r\nuser secret\r\nmn\r\n')).toBe('STORED\r\nMN\r\n');
    writeFileSync(file, 'nonsense\n');
    expect(await run(['--credentials-file', file]).end()).toMatchObject({
      code: 2,
      errors: expect.stringContaining('expected a first line "user:password"'),
    });
    rmSync(folder, { recursive: true });
  });
});

describe('sess-cluster --endpoint-only', () => {
  test('lists nodes that run elsewhere', async () => {
    const command = run(['--endpoint-only', '--list', 'memcached-1:11211,[::1]:11212', '--json'], 'ignore');
    const started = await command.event();
    expect(started).toMatchObject({ event: 'started', nodes: ['memcached-1:11211', '[::1]:11212'] });
    expect(await ask(portOf(started.configurationEndpoint), 'config get cluster\r\n')).toBe(
      'CONFIG cluster 0 36\r\n1\nmemcached-1||11211 ::1||11212\n\r\nEND\r\n'.replace(
        '36',
        String('1\nmemcached-1||11211 ::1||11212\n'.length),
      ),
    );
    command.kill('SIGTERM');
    expect(await command.end()).toMatchObject({ code: 143 });
  });
});
