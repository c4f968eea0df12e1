import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { outcomes, ScriptedServer } from './text-scripted-server.ts';

/** By the clock of the connections, which stands still otherwise. */
let elapsedMs = 0;
beforeEach(() => {
  elapsedMs = 1;
  vi.spyOn(performance, 'now').mockImplementation(() => elapsedMs);
});
afterEach(() => vi.restoreAllMocks());

/** Serves one request on a connection that lives for `livesMs` and is closed then. */
async function serveFor(server: ScriptedServer, livesMs: number): Promise<void> {
  const peer = await server.serve();
  const lost = server.losses.length + 1;
  elapsedMs += livesMs;
  peer.socket.end();
  await server.lost(lost);
}

describe('a node that answers and closes its connections', () => {
  it('soon, is connected to again at once only the first time', async () => {
    const server = await ScriptedServer.start();
    await serveFor(server, 999);
    await serveFor(server, 999);
    const message = expect.stringMatching(
      /tried again in \d+ ms, because its connections end soon.*the node closed it/,
    );
    for (const refused of [server.transport.get('key'), server.transport.probe()])
      await expect(refused).rejects.toMatchObject({ code: 'SESS_CONNECTION', message });
    expect(server.connections).toBe(2);
  });

  it('soon, is left alone for longer each time', async () => {
    const server = await ScriptedServer.start();
    await serveFor(server, 0);
    for (const longestMs of [40, 80, 160, 320, 640, 1_000, 1_000]) {
      await serveFor(server, 0);
      elapsedMs += longestMs / 2 - 1;
      expect(await outcomes([server.transport.probe()])).toEqual(['SESS_CONNECTION']);
      elapsedMs += longestMs / 2 + 1;
    }
    expect(server.connections).toBe(8);
  });

  it('is connected to at once again when a connection has lasted', async () => {
    const server = await ScriptedServer.start();
    await serveFor(server, 0);
    await serveFor(server, 0);
    elapsedMs += 40;
    await serveFor(server, 1_000);
    // It costs no request, and the next one may be short again.
    await serveFor(server, 0);
    await serveFor(server, 0);
    expect(await outcomes([server.transport.get('key')])).toEqual(['SESS_CONNECTION']);
  });
});
