import type { ChildProcess } from 'node:child_process';
import { TcpProxy } from '@sess/loopback';
import { startLocalCluster } from '@sess/local-cluster';
import { describe, expect, it } from 'vitest';
import { ClientProcess, TRANSPORTS } from './processes/client-process.ts';

/** Longer than a process blocks itself. */
const FROZEN_MS = 1_500;
const CREDENTIALS = { username: 'user', password: 'password' };

const PROGRAM = `
  const seen = new Set();
  const watch = setInterval(() => states().forEach((state) => seen.add(state)), 1);
  const early = await outcome(client.get('none'));
  await client.set('key', 'value', { ttlSeconds: 60 });
  const value = (await client.get('key')).value.toString();
  clearInterval(watch);
  tell([early, value, [...seen]]);`;

/** Parts of a greeting with credentials: one in text; SASL's mechanisms, its credentials and the probe in binary. */
const PARTS = TRANSPORTS.flatMap((transport) =>
  Array.from({ length: transport === 'memjs' ? 3 : 1 }, (_, index) => ({ transport, part: index + 1 })),
);

describe.each(PARTS)('a process that is frozen in its greeting ($transport, part $part)', ({ transport, part }) => {
  it.each(['while the answer is on its way', 'before the node has got it'])('%s, loses no request', async (when) => {
    await using cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded', credentials: CREDENTIALS });
    const started: ChildProcess[] = [];
    let parts = 0;
    await using proxy = await TcpProxy.start(cluster.nodes[0]?.port ?? 0, (_, to, side) => (chunk) => {
      const forward = (): void => {
        if (!to.destroyed) to.write(chunk);
      };
      parts += side === 'client' ? 1 : 0;
      if (side === 'server' || parts !== part) {
        forward();
        return;
      }
      started[0]?.kill('SIGSTOP');
      if (when.startsWith('while')) forward();
      setTimeout(() => {
        if (when.startsWith('before')) forward();
        started[0]?.kill('SIGCONT');
      }, FROZEN_MS);
    });
    await using client = new ClientProcess(PROGRAM, {
      transport,
      port: proxy.port,
      options: { credentials: CREDENTIALS },
    });
    started.push(client.child);
    expect(await client.next()).toEqual(['miss', 'value', expect.not.arrayContaining(['down'])]);
    expect(parts).toBeGreaterThan(part);
  });
});
