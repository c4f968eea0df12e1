import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@sess/loopback';
import { startLocalCluster } from '@sess/local-cluster';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ClientProcess, TRANSPORTS } from './processes/client-process.ts';

const NAMES = ['one.hangs.test', 'two.hangs.test', 'three.hangs.test'];
/** Only the system's resolver knows it, as with a search domain. */
const HEALTHY = 'healthy.test';

/**
 * A look-up of one of the names blocks a libuv thread, like `getaddrinfo` without an answer: it opens a pipe without a
 * writer. The DNS servers do not know the names, or do not answer for them.
 */
function hanging(pipe: string, dnsServers: 'know nothing' | 'do not answer'): string {
  return `
    import dns from 'node:dns';
    import fs from 'node:fs';
    const PIPE = ${JSON.stringify(pipe)};
    const ofSystem = dns.lookup;
    const asked = [];
    let [underWay, most] = [0, 0];
    dns.promises.resolve4 = dns.promises.resolve6 = (host) =>
      ${dnsServers === 'know nothing'} || host === '${HEALTHY}' ? Promise.reject(new Error('no such name')) : new Promise(() => undefined);
    dns.lookup = (host, options, callback) => {
      if (host === '${HEALTHY}') return ofSystem('127.0.0.1', options, callback);
      if (!host.endsWith('.hangs.test')) return ofSystem(host, options, callback);
      asked.push(host);
      most = Math.max(most, (underWay += 1));
      fs.open(PIPE, 'r', (error, file) => {
        underWay -= 1;
        callback(Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' }));
      });
    };`;
}

/** A pipe without a writer, on whose reader a thread hangs. */
function pipeWithoutWriter(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sess-names-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const pipe = join(folder, 'pipe');
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
  return pipe;
}

describe.each(TRANSPORTS)('three nodes whose names get no answer (%s)', (transport) => {
  it('leave the look-ups and files of the application alone, and the node that is in reach', async () => {
    await using cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded' });
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
        before: hanging(pipeWithoutWriter(), 'know nothing'),
        options: { connectTimeoutMs: 100, timeoutMs: 100 },
      },
    );
    expect(await process.next()).toEqual({ askedOnce: true, most: 2, names: true, files: true, state: 'up' });
  });

  it('do not keep a node down that only the system’s resolver knows', async () => {
    await using cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded' });
    const port = cluster.nodes[0]?.port ?? 0;
    const [first, ...others] = [...NAMES, HEALTHY];
    await using process = new ClientProcess(
      `tell(await outcome(client.ready().then(() => client.topology.states.get('${HEALTHY}:${port}'))));
       fs.openSync(PIPE, 'r+');`,
      {
        transport,
        host: first,
        port,
        others: others.map((host) => `${host}:${port}`),
        before: hanging(pipeWithoutWriter(), 'do not answer'),
      },
    );
    expect(await process.next()).toBe('up');
  });

  it('are told by ready(), and by what waited for a connection', async () => {
    const [host = ''] = NAMES;
    await using process = new ClientProcess(
      `tell(await outcome(client.ready()));
       fs.openSync(PIPE, 'r+');`,
      {
        transport,
        host,
        port: await freePort(),
        before: hanging(pipeWithoutWriter(), 'do not answer'),
        options: { timeoutMs: 200, connectTimeoutMs: 5_000, readyTimeoutMs: 1_000 },
      },
    );
    expect(await process.next()).toContain(`${host} was not resolved in that time`);
  });
});
