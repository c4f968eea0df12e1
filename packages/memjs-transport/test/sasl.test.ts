import { Socket } from 'node:net';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { OpenedNode } from './opened-node.ts';
import { SaslMemcached, SaslUnavailable } from './sasl-memcached.ts';
import { hit, reply, ScriptedNode } from './scripted-node.ts';

const CREDENTIALS = { username: 'user', password: 'pässword' };
const VALUE = Buffer.from('value');

const missing = await missingForSasl();
if (missing !== undefined) process.stderr.write(`tests with a memcached that has SASL are left out: ${missing}\n`);
else describe('a memcached with SASL', memcachedWithSasl);

/**
 * memcached is there or not (the run says that once for all tests); it may be built without SASL, or its library lack
 * the plug-in for PLAIN.
 */
async function missingForSasl(): Promise<string | undefined> {
  if (!inject('runtimes').includes('memcached')) return 'there is no memcached';
  try {
    await using memcached = await SaslMemcached.start(CREDENTIALS);
    using opened = new OpenedNode(memcached, { credentials: CREDENTIALS });
    await opened.node.probe();
    return undefined;
  } catch (error) {
    const excusable =
      error instanceof SaslUnavailable || String(error).includes('does not offer the SASL mechanism PLAIN');
    if (!excusable || process.env['SESS_REQUIRE_SERVERS'] === '1') throw error;
    return String(error);
  }
}

function memcachedWithSasl(): void {
  it('lets the right credentials in, on every connection', async () => {
    await using memcached = await SaslMemcached.start(CREDENTIALS);
    for (const round of ['first', 'second']) {
      using opened = new OpenedNode(memcached, { credentials: CREDENTIALS });
      expect(await opened.node.store('set', round, VALUE, { ttlSeconds: 60, flags: 7 })).toBe('stored');
      expect(await opened.node.get(round)).toMatchObject({ value: VALUE, flags: 7 });
      expect(await opened.node.probe()).toMatch(/^\d+\.\d+/);
    }
  });

  it('refuses wrong credentials, and the user is told so without being told them', async () => {
    await using memcached = await SaslMemcached.start(CREDENTIALS);
    using opened = new OpenedNode(memcached, { credentials: { ...CREDENTIALS, password: 'wrong-password' } });
    const failure = await opened.node.get('key').catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'SESS_AUTH',
      retryable: false,
      message: expect.stringContaining('refused the credentials'),
    });
    expect(String(failure)).not.toContain('wrong-password');
    await opened.disconnections(1);
    expect(opened.losses[0]).toMatchObject({ code: 'SESS_AUTH' });
  });

  it('asks for credentials when there are none', async () => {
    await using memcached = await SaslMemcached.start(CREDENTIALS);
    using opened = new OpenedNode(memcached);
    await expect(opened.node.get('key')).rejects.toMatchObject({
      code: 'SESS_AUTH',
      message: expect.stringContaining('none are set'),
    });
  });
}

describe('the SASL exchange', () => {
  it('comes before anything else, and requests wait for it', async () => {
    await using node = await ScriptedNode.start((request, socket) => {
      if (request.opcode === 0x20) socket.write(reply(request, { value: 'CRAM-MD5 PLAIN' }));
      else if (request.opcode === 0x21) socket.write(reply(request, { value: 'Authenticated' }));
      else socket.write(hit(request, request.key));
    });
    using opened = new OpenedNode(node, { credentials: CREDENTIALS });
    await Promise.all([opened.node.get('a'), opened.node.get('b')]);
    expect(node.requests.map(({ opcode }) => opcode)).toEqual([0x20, 0x21, 0x00, 0x00]);
    expect(node.requests[1]?.key).toBe('PLAIN');
    expect(node.requests[1]?.value.toString()).toBe(`\0${CREDENTIALS.username}\0${CREDENTIALS.password}`);
  });

  it('is warned of without TLS, if the node is on another machine', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    // What `remoteAddress` of node:net reads.
    const sockets = Socket.prototype as unknown as { _getpeername(): object };
    const address = vi.spyOn(sockets, '_getpeername').mockReturnValue({ address: '10.0.0.1' });
    onTestFinished(() => [warning, address].forEach((spy) => spy.mockRestore()));
    await using node = await ScriptedNode.start((request, socket) => socket.write(reply(request, { value: 'PLAIN' })));
    using opened = new OpenedNode(node, { credentials: CREDENTIALS });
    await opened.connections(1);
    expect(warning.mock.calls).toMatchObject([[expect.any(String), { code: 'SESS_PLAIN_PASSWORD' }]]);
  });

  it('counts into the connect timeout', async () => {
    await using node = await ScriptedNode.start(() => undefined);
    using opened = new OpenedNode(node, { credentials: CREDENTIALS, connectTimeoutMs: 100 });
    await expect(opened.node.get('key')).rejects.toMatchObject({
      code: 'SESS_TIMEOUT',
      message: expect.stringContaining('connectTimeoutMs'),
    });
  });

  it('does not send a password to a node that offers no PLAIN', async () => {
    await using node = await ScriptedNode.start((request, socket) =>
      socket.write(reply(request, { value: 'SCRAM-SHA-256' })),
    );
    using opened = new OpenedNode(node, { credentials: CREDENTIALS });
    await expect(opened.node.get('key')).rejects.toMatchObject({
      code: 'SESS_AUTH',
      message: expect.stringContaining('PLAIN'),
    });
    expect(node.requests.every(({ opcode }) => opcode === 0x20)).toBe(true);
  });

  it('is told apart from a node that withdraws its permission later', async () => {
    await using node = await ScriptedNode.start((request, socket) => {
      socket.write(request.opcode < 0x20 ? reply(request, { status: 0x20 }) : reply(request, { value: 'PLAIN' }));
    });
    using opened = new OpenedNode(node, { credentials: CREDENTIALS });
    await expect(opened.node.get('key')).rejects.toMatchObject({
      code: 'SESS_AUTH',
      message: expect.stringContaining('no longer'),
    });
  });
});
