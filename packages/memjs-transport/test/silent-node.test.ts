import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SELF_SIGNED } from '@sess/loopback';
import { OpenedNode } from './opened-node.ts';
import { hit, ScriptedNode, type Script } from './scripted-node.ts';

const answerHits: Script = (request, socket) => socket.write(hit(request, request.key));

/** Accepts connections, reads them, and says nothing. Returns its port. */
async function startSilentNode(port: number = 0): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).resume();
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe('a node that accepts connections and is silent', () => {
  it.each([
    [false, /did not answer the greeting within 50 ms \(connectTimeoutMs\).* expects TLS .* speaks only text .*-Y/],
    [{}, /did not finish the TLS handshake within 50 ms \(connectTimeoutMs\).* does not speak TLS/],
  ] as const)('is reported with what the options may lack (tls: %j)', async (tls, message) => {
    using opened = new OpenedNode({ port: await startSilentNode() }, { tls, connectTimeoutMs: 50 });
    await expect(opened.node.get('key')).rejects.toMatchObject({
      code: 'SESS_TIMEOUT',
      message: expect.stringMatching(message),
    });
  });

  it('is only said to hang if it has greeted before', async () => {
    const node = await ScriptedNode.start(answerHits);
    const { port } = node;
    using opened = new OpenedNode({ port }, { connectTimeoutMs: 50 });
    await opened.node.get('key');
    await node[Symbol.asyncDispose]();
    await startSilentNode(port);
    await expect.poll(() => opened.losses.at(-1)?.message).toMatch(/the greeting within 50 ms .* It hangs\.$/);
  });
});

it('an error names the signal among the options of TLS when that has fired', async () => {
  await using node = await ScriptedNode.start(answerHits, { tls: SELF_SIGNED });
  const controller = new AbortController();
  const tls = { ca: SELF_SIGNED.cert, signal: controller.signal };
  using opened = new OpenedNode({ host: '127.0.0.1', port: node.port }, { tls });
  await opened.node.get('key');
  controller.abort();
  await opened.disconnections(2);
  expect(opened.losses.at(-1)?.message).toMatch(/the signal in the option tls has fired\)\. .*leave out tls\.signal/);
});
