import { describe, expect, it } from 'vitest';
import { elasticacheIn } from '../src/elasticache/elasticache.ts';
import { use } from './use.ts';
import { RecordingListener } from './recording-listener.ts';
import { answering, configReply, framed, ScriptedServer, type Script } from './scripted-server.ts';
import { testEnvironment } from './test-environment.ts';

const hangUp =
  (bytes: string): Script =>
  (_line, socket) => {
    socket.end(bytes);
    return undefined;
  };

/** A server with this script, and a watch of it. */
async function watched(script: Script) {
  const server = use(await ScriptedServer.start(script));
  const listener = new RecordingListener();
  const watch = use(
    elasticacheIn(testEnvironment(), `127.0.0.1:${server.port}`, { timeoutMs: 10_000 }).watch(listener),
  );
  return { server, listener, watch };
}

describe('what a configuration endpoint replies', () => {
  it('is a topology with its version, names, ports and addresses', async () => {
    const { watch } = await watched(answering(configReply(12, 'b.example|10.0.0.2|11211 a.example||11212')));
    expect(await watch.ready()).toEqual({
      version: 12,
      nodes: [
        { id: 'b.example:11211', host: 'b.example', port: 11_211, address: '10.0.0.2' },
        { id: 'a.example:11212', host: 'a.example', port: 11_212 },
      ],
    });
  });

  it.each([
    ['without the last line break', framed('3\na||1')],
    ['with CRLF after the version', framed('3\r\na||1\n')],
    ['with the line break before END counted', 'CONFIG cluster 0 9\r\n3\na||1\n\r\nEND\r\n'],
  ])('is read %s', async (_, reply) => {
    const { watch } = await watched(answering(reply));
    expect(await watch.ready()).toEqual({ version: 3, nodes: [{ id: 'a:1', host: 'a', port: 1 }] });
  });

  it('names a node once, however it is spelled', async () => {
    const list = 'Cache|10.0.0.1|1 cache||1 cache.||1 [2001:DB8::1]||1 [2001:db8:0::1]||1 cache||2';
    const { watch } = await watched(answering(configReply(1, list)));
    expect((await watch.ready()).nodes.map(({ id }) => id)).toEqual(['Cache:1', '[2001:DB8::1]:1', 'cache:2']);
  });

  it('may come in as many pieces as the network likes', async () => {
    const { watch } = await watched((line, socket) => {
      if (line !== 'config get cluster') return 'ERROR\r\n';
      const bytes = configReply(7, 'a.example|10.0.0.1|11211 b.example|10.0.0.2|11211').split('');
      socket.setNoDelay(true);
      const next = (): void => {
        const byte = bytes.shift();
        if (byte !== undefined) socket.write(byte, () => setImmediate(next));
      };
      next();
      return undefined;
    });
    expect((await watch.ready()).nodes).toHaveLength(2);
  });

  it('is never the value of an ordinary key, which every client can write', async () => {
    const payload = '5\na||1\n';
    const { server, watch, listener } = await watched((line) =>
      line === 'get AmazonElastiCache:cluster'
        ? `VALUE AmazonElastiCache:cluster 0 ${payload.length}\r\n${payload}\r\nEND\r\n`
        : 'ERROR\r\n',
    );
    expect((await watch.ready()).nodes).toMatchObject([{ id: `127.0.0.1:${server.port}` }]);
    await watch.refresh();
    expect(listener.topologies).toHaveLength(1);
    expect(server.lines).toEqual(['config get cluster', 'version', 'config get cluster', 'version']);
    // Nor in answer to the right command.
    server.script = () => `VALUE AmazonElastiCache:cluster 0 ${payload.length}\r\n${payload}\r\nEND\r\n`;
    await expect(watch.refresh()).rejects.toMatchObject({ code: 'SESS_DISCOVERY_MALFORMED' });
  });

  it('is an error where the engine is too old to give a list that clients can not change', async () => {
    for (const version of ['1.4.5', '1.4.13']) {
      const { watch } = await watched((line) => (line === 'version' ? `VERSION ${version}\r\n` : 'ERROR\r\n'));
      await expect(watch.ready()).rejects.toMatchObject({
        code: 'SESS_DISCOVERY_SERVER',
        message: expect.stringMatching(`runs memcached ${version}, .* Upgrade the engine`) as string,
      });
    }
  });

  it.each(['ERROR', 'VERSION 1.4.14', 'VERSION 1.4.34', 'VERSION 1.6.18', 'VERSION mcrouter 37.0.0'])(
    'when it is ERROR, and that to the question for the version is %s: the endpoint is the only node',
    async (toVersion) => {
      const { server, watch, listener } = await watched((line) =>
        line === 'version' ? `${toVersion}\r\n` : 'ERROR\r\n',
      );
      const id = `127.0.0.1:${server.port}`;
      expect(await watch.ready()).toEqual({ nodes: [{ id, host: '127.0.0.1', port: server.port }] });
      await watch.refresh();
      expect(listener.topologies).toHaveLength(1);
      // The server belongs to a cluster now.
      server.script = answering(configReply(6, 'a||1'));
      await watch.refresh();
      expect(listener.ids).toEqual(['a:1']);
    },
  );

  it('is not taken for "the only node" once there was a list', async () => {
    const { server, watch, listener } = await watched(answering(configReply(5, '127.0.0.1||1')));
    await watch.ready();
    server.script = () => 'ERROR\r\n';
    await expect(watch.refresh()).rejects.toMatchObject({ code: 'SESS_DISCOVERY_SERVER' });
    expect(listener.topologies).toHaveLength(1);
  });
});

describe('a reply that can’t be used', () => {
  it.each<[string, Script, string, string]>([
    ['no configuration', answering('END\r\n'), 'SESS_DISCOVERY_EMPTY', 'knows no nodes'],
    ['a version without nodes', answering(framed('9\n\n')), 'SESS_DISCOVERY_EMPTY', 'version 9 lists no node'],
    ['an empty payload', answering(framed('')), 'SESS_DISCOVERY_EMPTY', 'the configuration is empty'],
    ['a broken node', answering(configReply(9, 'a||1 b|1')), 'SESS_DISCOVERY_MALFORMED', '"b|1" is not "host|ip|port"'],
    ['a broken version', answering(configReply('nine', 'a||1')), 'SESS_DISCOVERY_MALFORMED', '"nine"'],
    [
      'a wrong length',
      answering('CONFIG cluster 0 3\r\n9\na||1\n\r\nEND\r\n'),
      'SESS_DISCOVERY_MALFORMED',
      'not followed by "END"',
    ],
    ['too large', answering('CONFIG cluster 0 9999999\r\n'), 'SESS_DISCOVERY_MALFORMED', 'at most 1048576'],
    [
      'another protocol',
      () => 'HTTP/1.1 400 Bad Request\r\n\r\n',
      'SESS_DISCOVERY_MALFORMED',
      '"HTTP/1.1 400 Bad Request"',
    ],
    ['an endless line', () => 'x'.repeat(100_000), 'SESS_DISCOVERY_MALFORMED', 'longer than 512 bytes'],
    [
      'no room for a connection',
      () => 'ERROR Too many open connections\r\n',
      'SESS_DISCOVERY_UNREACHABLE',
      'memcached -c; stats: max_connections',
    ],
    ['a version', answering('VERSION 1.6.18\r\n'), 'SESS_DISCOVERY_MALFORMED', 'it is a version'],
    ['an error of the server', answering('SERVER_ERROR out of memory\r\n'), 'SESS_DISCOVERY_SERVER', 'out of memory'],
    [
      'truncated',
      hangUp('CONFIG cluster 0 70\r\n9\na||1 b|'),
      'SESS_DISCOVERY_MALFORMED',
      'before its answer was complete',
    ],
    [
      'nothing, and the end',
      hangUp(''),
      'SESS_DISCOVERY_UNREACHABLE',
      'If it expects TLS, use elasticaches:// or set the option "tls"',
    ],
  ])('(%s) is a typed error that says what came, and is never applied', async (_, script, code, told) => {
    const { server, watch, listener } = await watched(answering(configReply(5, '127.0.0.1||1')));
    const good = await watch.ready();
    server.script = script;
    await expect(watch.refresh()).rejects.toMatchObject({
      code,
      endpoint: `127.0.0.1:${server.port}`,
      retryable: true,
      message: expect.stringContaining(told) as string,
    });
    expect(listener.errors).toHaveLength(1);
    expect(await watch.ready()).toBe(good);

    server.script = answering(configReply(6, 'c||1'));
    await watch.refresh();
    expect(listener.ids).toEqual(['c:1']);
    await server.until(({ open }) => open === 0);
  });
});

describe('the version', () => {
  it('decides: a higher one is applied, and the same one with another list; a lower one is not', async () => {
    const { server, watch, listener } = await watched(answering(configReply(5, 'a|10.0.0.1|1')));
    await watch.ready();
    const replies: [number, string][] = [
      [6, 'a|10.0.0.1|1 b||1'],
      [6, 'a|10.0.0.9|1 b||1'],
      [5, 'a|10.0.0.1|1'],
      [6, 'a|10.0.0.9|1 b||1'],
    ];
    for (const [version, list] of replies) {
      server.script = answering(configReply(version, list));
      await watch.refresh();
    }
    expect(
      listener.topologies.map((topology) => [
        topology.version,
        topology.nodes.map(({ address }) => address ?? '-').join(' '),
      ]),
    ).toEqual([
      [5, '10.0.0.1'],
      [6, '10.0.0.1 -'],
      [6, '10.0.0.9 -'],
    ]);
    expect(listener.errors).toEqual([]);
  });
});
