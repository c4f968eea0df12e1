import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';

import { createClient } from '../src/client.ts';

const PROGRAM = join(dirname(createRequire(import.meta.url).resolve('@sess/local-cluster/package.json')), 'bin', 'sess-cluster.js');
const PACKAGE = fileURLToPath(new URL('..', import.meta.url));

const commands: ChildProcess[] = [];
afterEach(async () => {
  for (const command of commands.splice(0)) {
    if (command.exitCode === null && command.kill('SIGKILL')) await once(command, 'exit');
  }
});

interface Event {
  readonly event: string;
  readonly phase?: string;
  readonly message?: string;
  readonly nodes?: readonly { readonly id: string }[];
}

/** The command in a folder, its events, and its input. */
function sessCluster(folder: string): {
  readonly command: ChildProcess;
  readonly next: (isWanted: (event: Event) => boolean) => Promise<Event>;
} {
  const command = spawn(process.execPath, [PROGRAM, '--nodes', '2', '--runtime', 'embedded', '--json'], {
    cwd: folder,
    // Where modules are looked for in vain must not depend on who runs the test.
    env: { ...process.env, NODE_PATH: '' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  commands.push(command);
  const lines = createInterface({ input: command.stdout })[Symbol.asyncIterator]();
  return {
    command,
    next: async (isWanted) => {
      for (;;) {
        const { done, value } = await lines.next();
        if (done === true) throw new Error('no such event');
        const event = JSON.parse(value) as Event;
        if (isWanted(event)) return event;
      }
    },
  };
}

it(
  'sess-cluster drains a node by the client that is installed where it runs; Ctrl-C stops the drain alone',
  { timeout: 60_000 },
  async () => {
    const { command, next } = sessCluster(PACKAGE);
    const [first, second] = (await next(({ event }) => event === 'started')).nodes ?? [];
    command.stdin?.write('drain 1 5000\n');
    await next(({ event, phase }) => event === 'draining' && phase === 'agreeing');
    command.kill('SIGINT');
    expect((await next(({ event }) => event === 'error')).message).toContain('stopped; the node is back in rotation');
    // It is there yet, and both nodes are in rotation.
    const client = createClient(`memcached://${first?.id},${second?.id}`);
    await client.ready();
    const owners = new Set(Array.from({ length: 50 }, (_, number) => client.explain(`session-${number}`).owners[0]));
    await client.close();
    expect(owners).toEqual(new Set([first?.id, second?.id]));
    command.stdin?.write('drain 1 fast\n');
    expect((await next(({ event }) => event === 'error')).message).toContain('drain ID [RATE]');
  },
);

it('sess-cluster says what to install where there is no client', { timeout: 60_000 }, async () => {
  const { command, next } = sessCluster(tmpdir());
  await next(({ event }) => event === 'started');
  command.stdin?.write('drain 1\n');
  expect((await next(({ event }) => event === 'error')).message).toMatch(/drain needs @sess\/client, .*npm install @sess\/client$/);
});
