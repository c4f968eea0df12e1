import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalCluster } from '@sess/local-cluster';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ClientProcess, TRANSPORTS } from './processes/client-process.ts';

const NAMES = ['one.hangs.test', 'two.hangs.test', 'three.hangs.test'];

/**
 * A look-up of one of the names blocks a libuv thread, like `getaddrinfo` without an answer: it opens a pipe without a
 * writer.
 */
function hanging(pipe: string): string {
  return `
    import dns from 'node:dns';
    import fs from 'node:fs';
    const PIPE = ${JSON.stringify(pipe)};
    const ofSystem = dns.lookup;
    const asked = [];
    let [underWay, most] = [0, 0];
    dns.lookup = (host, options, callback) => {
      if (!host.endsWith('.hangs.test')) return ofSystem(host, options, callback);
      asked.push(host);
      most = Math.max(most, (underWay += 1));
      fs.open(PIPE, 'r', (error, file) => {
        underWay -= 1;
        callback(Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' }));
      });
    };`;
}

describe.each(TRANSPORTS)('three nodes whose names get no answer (%s)', (transport) => {
  it('leave the look-ups and files of the application alone, and the node that is in reach', async () => {
    await using cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded' });
    const folder = mkdtempSync(join(tmpdir(), 'sess-names-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const pipe = join(folder, 'pipe');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    await using process = new ClientProcess(
      `const id = process.env.SERVERS.slice('memcached://'.length).split(',')[0];
       while (client.topology.states.get(id) !== 'up') await new Promise((resolve) => setTimeout(resolve, 10));
       const begin = performance.now();
       let [names, files] = [0, 0];
       // Long enough for each node to be tried several times.
       while (performance.now() - begin < 1_500) {
         await dns.promises.lookup('localhost');
         names += 1;
         await fs.promises.stat('.');
         files += 1;
         await new Promise((resolve) => setTimeout(resolve, 20));
       }
       tell({ askedOnce: new Set(asked).size === asked.length, most, names: names > 0, files: files > 0, state: client.topology.states.get(id) });
       // The blocked threads would keep the process from ending.
       fs.openSync(PIPE, 'r+');`,
      {
        transport,
        port: cluster.nodes[0]?.port ?? 0,
        others: NAMES.map((name) => `${name}:11211`),
        before: hanging(pipe),
        options: { connectTimeoutMs: 100, timeoutMs: 100 },
      },
    );
    expect(await process.next()).toEqual({ askedOnce: true, most: 2, names: true, files: true, state: 'up' });
  });
});
