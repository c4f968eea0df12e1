import { NodeProcess } from '@sess/loopback';
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

const owners: NodeProcess[] = [];
afterEach(async () => {
  for (const owner of owners.splice(0)) await owner.close();
});

async function portsOfOwner(runtime: string, ending: string): Promise<readonly number[]> {
  const owner = new NodeProcess(['--input-type=module', '--eval', OWNER(runtime, ending)]);
  owners.push(owner);
  const [line] = await owner.says(/^[\d ]+$/m);
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
      owners[0]?.type('now');
      await expect.poll(() => answering(ports), { timeout: 60_000 }).toBe(0);
    },
  );
});
