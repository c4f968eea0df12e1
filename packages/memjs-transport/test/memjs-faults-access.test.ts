/**
 * The faults of memjs 1.3.2 around TLS and credentials, in memjs by itself and in this transport. See
 * `memjs-faults.test.ts` for the others.
 */
import { SELF_SIGNED } from '@sess/loopback';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { memjsClient, socketClosed } from './memjs-alone.ts';
import { OpenedNode } from './opened-node.ts';
import { hit, reply, ScriptedNode, type Script } from './scripted-node.ts';

const LIST_MECHANISMS = 0x20;
const UNKNOWN_COMMAND = 0x81;
const CREDENTIALS = { username: 'user', password: 'a secret' };

const answerHits: Script = (request, socket) => socket.write(hit(request, request.key));

const noSasl: Script = (request, socket) => {
  socket.write(request.opcode < LIST_MECHANISMS ? hit(request, '') : reply(request, { status: UNKNOWN_COMMAND }));
};

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a node that speaks TLS', () => {
  const tls = SELF_SIGNED;

  it('memjs: cannot be spoken to', async () => {
    await using node = await ScriptedNode.start(answerHits, { tls });
    const client = memjsClient(node);
    client.get('key', () => undefined);
    await socketClosed(client);
    expect(node.connections).toBe(0); // Only those are counted that have come through the handshake.
  });

  it('here: is spoken to when its certificate has its name', async () => {
    await using node = await ScriptedNode.start(answerHits, { tls });
    const named = { host: 'node-1.cache.test', address: '127.0.0.1', port: node.port };
    using opened = new OpenedNode(named, { tls: { ca: SELF_SIGNED.cert } });
    expect((await opened.node.get('key'))?.value.toString()).toBe('key');
  });

  it('here: is spoken to by address when its certificate has that', async () => {
    await using node = await ScriptedNode.start(answerHits, { tls });
    using opened = new OpenedNode({ host: '127.0.0.1', port: node.port }, { tls: { ca: SELF_SIGNED.cert } });
    expect((await opened.node.get('key'))?.value.toString()).toBe('key');
  });

  it('here: is told by its user which name the certificate has', async () => {
    await using node = await ScriptedNode.start(answerHits, { tls });
    const options = { tls: { ca: SELF_SIGNED.cert, servername: 'node-1.cache.test' } };
    using opened = new OpenedNode({ host: 'tunnel.test', address: '127.0.0.1', port: node.port }, options);
    expect((await opened.node.get('key'))?.value.toString()).toBe('key');
  });

  it('here: gets nothing when the certificate has another name, or another authority', async () => {
    await using node = await ScriptedNode.start(answerHits, { tls });
    using misnamed = new OpenedNode(
      { host: 'other.test', address: '127.0.0.1', port: node.port },
      { tls: { ca: SELF_SIGNED.cert } },
    );
    await expect(misnamed.node.get('key')).rejects.toMatchObject({
      code: 'SESS_CONNECTION',
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
    using untrusted = new OpenedNode({ port: node.port }, { tls: {} });
    await expect(untrusted.node.get('key')).rejects.toMatchObject({
      code: 'SESS_CONNECTION',
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
    expect(node.requests).toHaveLength(0);
  });
});

describe('credentials in the environment of the process', () => {
  it('memjs: go to any server', async () => {
    vi.stubEnv('MEMCACHIER_USERNAME', 'user');
    vi.stubEnv('MEMCACHIER_PASSWORD', 'secret');
    await using node = await ScriptedNode.start((request, socket) => {
      socket.write(request.opcode < LIST_MECHANISMS ? hit(request, '') : reply(request, { value: 'PLAIN' }));
    });
    const client = memjsClient(node);
    await client.get('key');
    expect(node.requests[1]?.value.toString('latin1')).toBe('\0user\0secret');
    client.close();
  });

  it('here: go nowhere', async () => {
    vi.stubEnv('MEMCACHIER_USERNAME', 'user');
    vi.stubEnv('MEMCACHIER_PASSWORD', 'secret');
    await using node = await ScriptedNode.start(answerHits);
    using opened = new OpenedNode(node);
    await opened.node.get('key');
    expect(node.requests.map(({ opcode }) => opcode)).toEqual([0x00]);
  });
});

describe('credentials for a node that knows no SASL', () => {
  it('memjs: are sent, and the refusal counts as permission', async () => {
    await using node = await ScriptedNode.start(noSasl);
    const client = memjsClient(node, CREDENTIALS);
    await expect(client.get('key')).resolves.toMatchObject({ value: Buffer.alloc(0) });
    expect(node.requests[1]?.value.toString('latin1')).toContain(CREDENTIALS.password);
    client.close();
  });

  it('here: are not sent, and the user is told', async () => {
    await using node = await ScriptedNode.start(noSasl);
    using opened = new OpenedNode(node, { credentials: CREDENTIALS });
    await expect(opened.node.get('key')).rejects.toMatchObject({
      code: 'SESS_AUTH',
      message: expect.stringContaining('knows no SASL'),
    });
    expect(node.requests.every(({ opcode }) => opcode === LIST_MECHANISMS)).toBe(true);
  });
});
