import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, inject, test } from 'vitest';
import { exchange } from './raw-exchange.ts';
import { statRows, twoServers } from './two-servers.ts';

/** Settings of memcached's builds with flash storage, TLS or NUMA sockets, and of a restart. */
const OF_A_BUILD = /^(?:ext_|ssl_|num_napi_ids|memory_file|slab_automove_freeratio)/;

describe.runIf(inject('runtimes').includes('memcached'))("an embedded node's statistics", () => {
  const servers = twoServers();

  async function names(topic: string): Promise<readonly string[][]> {
    const { real, embedded } = servers.ports();
    const rows = await Promise.all([statRows(real, topic), statRows(embedded, topic)]);
    return rows.map((both) => [...both.keys()].filter((name) => !OF_A_BUILD.test(name)));
  }

  test.each(['', 'settings', 'items', 'slabs', 'sizes'])(
    'have the rows of memcached, in its order: stats %s',
    async (topic) => {
      const { real, embedded } = servers.ports();
      for (const port of [real, embedded]) await exchange(port, 'set a 0 0 1\r\nx\r\n');
      const [theirs, ours] = await names(topic);
      expect(ours).toEqual(theirs);
    },
  );

  test('say of each connection what it does', async () => {
    const { real, embedded } = servers.ports();
    expect(await connectionStates(embedded)).toEqual(await connectionStates(real));
  });

  test('count a connection too many, which both turn away with the same words', { timeout: 60_000 }, async () => {
    const { real, embedded } = servers.ports();
    const words: string[] = [];
    for (const port of [real, embedded]) {
      const sockets: Socket[] = [];
      let more: NodeJS.Timeout | undefined;
      const turnedAway = new Promise<string>((resolve) => {
        const open = (): void => {
          const socket = connect({ port, host: '127.0.0.1' });
          socket.on('error', () => undefined).on('data', (data) => resolve(data.toString()));
          sockets.push(socket);
        };
        for (let at = 0; at < 1_050; at += 1) open();
        // A reset can overtake the error text, so further connections are opened until one gets it.
        more = setInterval(open, 50);
      });
      words.push(await turnedAway);
      clearInterval(more);
      for (const socket of sockets) socket.destroy();
      await expect.poll(async () => (await exchange(port, 'version\r\n')).toString()).toContain('VERSION');
      expect(Number((await statRows(port)).get('rejected_connections'))).toBeGreaterThan(0);
    }
    expect(words).toEqual(['ERROR Too many open connections\r\n', 'ERROR Too many open connections\r\n']);
  });
});

/**
 * The states of connections that are new, idle, in the middle of a value and in the middle of a line, and of the asking
 * one.
 */
async function connectionStates(port: number): Promise<readonly string[]> {
  const sockets: Socket[] = [];
  for (const sent of ['', 'version\r\n', 'set a 0 0 5\r\nab', 'get a']) {
    const socket = connect({ port, host: '127.0.0.1' });
    sockets.push(socket);
    await once(socket, 'connect');
    if (sent !== '') socket.write(sent);
    if (sent.startsWith('version')) await once(socket, 'data');
  }
  const seen = async (): Promise<readonly string[]> =>
    [...(await statRows(port, 'conns'))].filter(([name]) => name.endsWith(':state')).map(([, state]) => state);
  const read = async (): Promise<number> =>
    (await seen()).filter((state) => state === 'conn_nread' || state === 'conn_read').length;
  await expect.poll(read).toBe(3);
  const states = await seen();
  for (const socket of sockets) socket.destroy();
  return states.toSorted();
}
