import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { exchange } from './wire/raw-exchange.ts';

const LIBRARY = new URL('../dist/index.js', import.meta.url).href;

/** A program that starts a cluster, prints its ports, and on input ends itself with `ending`. */
const OWNER = (runtime: string, ending: string): string => `
import { startLocalCluster } from ${JSON.stringify(LIBRARY)};
const cluster = await startLocalCluster({ nodes: 2, runtime: ${JSON.stringify(runtime)} });
console.log(cluster.nodes.map((node) => node.port).join(' '));
process.stdin.once('data', () => { ${ending} });
`;

const ENDINGS: readonly (readonly [name: string, ending: string])[] = [
  ['is killed', "process.kill(process.pid, 'SIGKILL')"],
  ['exits', 'process.exit(0)'],
  ['throws', "throw new Error('not caught')"],
  ['gets Ctrl-C', "process.kill(process.pid, 'SIGINT')"],
];

const owners: ChildProcess[] = [];
afterEach(() => {
  for (const owner of owners.splice(0)) owner.kill('SIGKILL');
});

async function portsOfOwner(runtime: string, ending: string): Promise<readonly number[]> {
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', OWNER(runtime, ending)], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  owners.push(owner);
  if (!owner.stdout) throw new Error('the owner has no standard output');
  const ended = once(owner, 'exit').then((): never => {
    throw new Error('the owner ended before it had a cluster; is dist/ built?');
  });
  const [line] = (await Promise.race([once(createInterface({ input: owner.stdout }), 'line'), ended])) as [string];
  ended.catch(() => undefined);
  return line.split(' ').map(Number);
}

async function answering(ports: readonly number[]): Promise<number> {
  const answers = await Promise.all(ports.map((port) => exchange(port, 'version\r\n')));
  return answers.filter((answer) => answer.length > 0).length;
}

describe.each(['container', 'memcached'] as const)('nodes of runtime %s do not outlive their owner', (runtime) => {
  test.runIf(inject('runtimes').includes(runtime)).each(runtime === 'container' ? ENDINGS.slice(0, 1) : ENDINGS)(
    'that %s',
    { timeout: 180_000 },
    async (_name, ending) => {
      const ports = await portsOfOwner(runtime, ending);
      expect(await answering(ports)).toBe(2);
      owners[0]?.stdin?.write('now\n');
      await expect.poll(() => answering(ports), { timeout: 60_000 }).toBe(0);
    },
  );
});
