import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { freePort } from '@sess/loopback';
import { startLocalCluster } from '@sess/local-cluster';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ClientProcess, TRANSPORTS } from './processes/client-process.ts';

const NAME = 'two.addresses.test';

/** {@link NAME} has the two addresses. */
function resolving(addresses: readonly string[]): string {
  return `
    import dns from 'node:dns';
    const ofSystem = dns.lookup;
    dns.lookup = (host, options, callback) => {
      if (host !== '${NAME}') return ofSystem(host, options, callback);
      callback(null, ${JSON.stringify(addresses.map((address) => ({ address, family: 4 })))});
    };`;
}

/** Answers no connection on this port: a server that is stopped while its queue of connections is full. */
async function blackHole(port: number, host = '127.0.0.2'): Promise<void> {
  const program = `require('node:net').createServer().listen({ host: '${host}', port: ${port}, backlog: 1 }, () => console.log());`;
  const server = spawn(process.execPath, ['--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void server.kill('SIGKILL'));
  await once(server.stdout, 'data');
  server.kill('SIGSTOP');
  for (let isFull = false; !isFull;) {
    const socket = connect(port, host).on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    isFull = await Promise.race([
      once(socket, 'connect').then(() => false),
      new Promise<true>((resolve) => setTimeout(resolve, 200, true)),
    ]);
  }
}

describe.each(TRANSPORTS)('a node whose name has two addresses (%s)', (transport) => {
  it('is reached by the second when the first is a black hole', async () => {
    await using cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded' });
    const port = cluster.nodes[0]?.port ?? 0;
    await blackHole(port);
    await using client = new ClientProcess(
      `const seen = new Set();
       const watch = setInterval(() => states().forEach((state) => seen.add(state)), 1);
       await client.ready();
       await client.set('key', 'value', { ttlSeconds: 60 });
       clearInterval(watch);
       tell([(await client.get('key')).value.toString(), seen.has('down')]);`,
      { transport, host: NAME, port, before: resolving(['127.0.0.2', '127.0.0.1']) },
    );
    expect(await client.next()).toEqual(['value', false]);
  });

  it('says of each address why it is out of reach', async () => {
    await using client = new ClientProcess(`tell(await outcome(client.ready()));`, {
      transport,
      host: NAME,
      port: await freePort(),
      before: resolving(['127.0.0.2', '127.0.0.1']),
      options: { readyTimeoutMs: 500 },
    });
    expect(await client.next()).toMatch(/ECONNREFUSED 127\.0\.0\.2.*ECONNREFUSED 127\.0\.0\.1/);
  });

  it('names both when both are black holes', async () => {
    const port = await freePort();
    await blackHole(port);
    await blackHole(port, '127.0.0.3');
    await using client = new ClientProcess(`await outcome(client.get('key')); tell(await outcome(client.ready()));`, {
      transport,
      host: NAME,
      port,
      before: resolving(['127.0.0.2', '127.0.0.3']),
      options: { connectTimeoutMs: 800, readyTimeoutMs: 2_000 },
    });
    expect(await client.next()).toMatch(/within 800 ms.*Tried two\.addresses\.test at 127\.0\.0\.2 and 127\.0\.0\.3/);
  });

  it('names the host that was not resolved in time', async () => {
    await using client = new ClientProcess(`tell(await outcome(client.ready()));`, {
      transport,
      host: NAME,
      port: await freePort(),
      before: `import dns from 'node:dns'; dns.lookup = () => undefined;`,
      options: { connectTimeoutMs: 400, readyTimeoutMs: 1_000 },
    });
    expect(await client.next()).toContain('two.addresses.test was not resolved in that time');
  });
});
