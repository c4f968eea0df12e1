import { TcpProxy } from '@sess/loopback';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OpenedNode } from './opened-node.ts';
import { hit, ScriptedNode } from './scripted-node.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => vi.useRealTimers());

describe('after the process slept', () => {
  it('closes the connection that is silent and the one that is opened beside it', async () => {
    await using node = await ScriptedNode.start((request, socket) => socket.write(hit(request, request.key)));
    let isSilent = false;
    await using proxy = await TcpProxy.start(node.port, (_, to) => (chunk) => {
      if (!isSilent) to.write(chunk);
    });
    using opened = new OpenedNode(proxy, { timeoutMs: 1_000, connectTimeoutMs: 600_000 });
    await opened.node.get('key');
    isSilent = true;
    // The machine was suspended: only the wall clock has gone on. It is noticed with the next request.
    vi.setSystemTime(Date.now() + 3_600_000);
    const waiting = opened.node.get('key');
    await vi.waitFor(() => expect(proxy.connections).toBe(2), { timeout: 10_000 });
    opened.node.destroy();
    await expect(waiting).rejects.toMatchObject({ code: 'SESS_CLOSED' });
    await opened.node.close();
    await vi.waitFor(() => expect(proxy.sockets.size).toBe(0), { timeout: 10_000 });
  });
});
