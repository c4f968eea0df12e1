import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { availableRuntimes } from '../src/runtime/available-runtimes.ts';
import { startLocalCluster } from '../src/start-local-cluster.ts';
import { exchange } from './wire/raw-exchange.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sess-runtimes-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program that behaves as the script says. */
function program(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** A working engine; `cases` are further branches on `$1`. */
const engine = (cases: string): string =>
  program(
    'engine',
    `echo "$@" >> ${folder}/calls\ncase "$1" in --version) echo "Docker version 27";; ps) ;; ${cases} esac`,
  );

async function reasonAgainst(
  runtime: 'container' | 'memcached',
  options: Parameters<typeof availableRuntimes>[0],
): Promise<string | undefined> {
  const found = await availableRuntimes(options);
  expect(found.map((one) => one.runtime)).toEqual(['container', 'memcached', 'embedded']);
  return found.find((one) => one.runtime === runtime)?.reason;
}

describe('the runtimes of a machine', () => {
  test('embedded nodes always work', async () => {
    const found = await availableRuntimes({ containerEngine: '/nowhere', memcachedPath: '/nowhere' });
    expect(found.map(({ available }) => available)).toEqual([false, false, true]);
  });

  test('a program that is missing is named, with what to install', async () => {
    const options = { containerEngine: '/nowhere/engine', memcachedPath: '/nowhere/memcached' };
    expect(await reasonAgainst('container', options)).toBe(
      'there is no program "/nowhere/engine"; start it, or name another with the option "containerEngine"',
    );
    expect(await reasonAgainst('memcached', options)).toMatch(
      /^there is no program "\/nowhere\/memcached"; install it \("apt-get install memcached"/,
    );
  });

  test('a program that is not memcached is not taken for it', async () => {
    const options = { containerEngine: '/nowhere', memcachedPath: program('memcached', 'echo something else') };
    expect(await reasonAgainst('memcached', options)).toMatch(/did not answer as memcached does/);
  });

  test('an engine without its daemon is told as such', async () => {
    const options = {
      memcachedPath: '/nowhere',
      containerEngine: program(
        'engine',
        'case "$1" in --version) echo Docker;; *) echo "Cannot connect to the daemon" >&2; exit 1;; esac',
      ),
    };
    expect(await reasonAgainst('container', options)).toMatch(
      /^".*engine ps" failed: Cannot connect to the daemon; start it/,
    );
  });

  test('an image that is not there and can not be fetched is told, with the command that fetches it', async () => {
    const options = {
      memcachedPath: '/nowhere',
      containerEngine: engine('image) exit 1;; pull) echo "no such host" >&2; exit 1;;'),
    };
    expect(await reasonAgainst('container', options)).toMatch(
      /^the image docker\.io\/library\/memcached:1\.6-alpine is not here and could not be fetched \(no such host\); run ".*engine pull docker/,
    );
  });

  test('an engine that answers but runs nothing is found out, and what it left is removed', async () => {
    const options = {
      memcachedPath: '/nowhere',
      containerEngine: engine('image) ;; run) echo "runc: operation not permitted" >&2; exit 126;; rm) ;;'),
    };
    expect(await reasonAgainst('container', options)).toMatch(
      /answers but can't run a container: .*runc: operation not permitted; to see why, run: .*engine run --rm --pull=never/,
    );
    const calls = readFileSync(join(folder, 'calls'), 'utf8').split('\n');
    const name = /--name (\S+)/.exec(calls.find((call) => call.startsWith('run')) ?? '')?.[1];
    expect(calls).toContain(`rm --force ${name}`);
  });

  test('auto passes over what does not work, and says so', async () => {
    const cluster = await startLocalCluster({ nodes: 1, containerEngine: '/nowhere', memcachedPath: '/nowhere' });
    expect([cluster.runtime, cluster.runtimeReason]).toEqual([
      'embedded',
      expect.stringMatching(
        /^it is the first that works here \(container: there is no program .*; memcached: there is no program/,
      ),
    ]);
    await cluster.close();
  });

  test('a runtime that was asked for is not replaced by another', async () => {
    await expect(startLocalCluster({ runtime: 'container', containerEngine: '/nowhere' })).rejects.toMatchObject({
      code: 'SESS_NO_RUNTIME',
      message: expect.stringMatching(/or take the runtime "auto" or "embedded"$/),
    });
  });

  test('options that the runtime can not honour are refused', async () => {
    await expect(startLocalCluster({ runtime: 'memcached', now: Date.now })).rejects.toMatchObject({
      code: 'SESS_BAD_OPTION',
      message: expect.stringMatching(/^runtime "memcached": the option "now"/),
    });
  });

  test('a memcached that ends at once is reported with what it said', async () => {
    const memcachedPath = program(
      'memcached',
      'case "$1" in -V) echo memcached 1.6.99;; *) echo "failed to do it" >&2; exit 71;; esac',
    );
    await expect(startLocalCluster({ runtime: 'memcached', nodes: 2, memcachedPath })).rejects.toMatchObject({
      code: 'SESS_START_FAILED',
      message: expect.stringMatching(/ended with exit code 71; it said: failed to do it$/),
    });
  });

  test('a memcached that never answers is reported after the time that was given, and ended', async () => {
    const memcachedPath = program(
      'memcached',
      `case "$1" in -V) echo memcached 1.6.99;; *) echo $$ > ${folder}/pid; exec sleep 600;; esac`,
    );
    await expect(
      startLocalCluster({ runtime: 'memcached', nodes: 1, memcachedPath, startTimeoutMs: 3_000 }),
    ).rejects.toMatchObject({
      code: 'SESS_START_FAILED',
      message: expect.stringMatching(/did not answer within 3000 ms \(.+\); raise the option "startTimeoutMs"/),
    });
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

describe.runIf(inject('runtimes').includes('container'))('containers', () => {
  test('work with an engine that takes only the words of Docker', { timeout: 60_000 }, async () => {
    // Podman under Docker's name: on a machine with only Podman this tests that the commands for Docker are well
    // formed.
    const containerEngine = program(
      'docker',
      'case "$1" in --version) echo "Docker version 27";; *) if command -v podman >/dev/null; then exec podman "$@"; else exec docker "$@"; fi;; esac',
    );
    const cluster = await startLocalCluster({ nodes: 1, runtime: 'container', containerEngine });
    const [node] = cluster.nodes;
    await cluster.pauseNode(node?.id ?? '');
    await cluster.crashNode(node?.id ?? '');
    await cluster.restartNode(node?.id ?? '');
    expect((await exchange(node?.port ?? 0, 'mn\r\n')).toString()).toBe('MN\r\n');
    await cluster.close();
  });
});
