import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { outcomes, ScriptedServer, type Peer } from './text-scripted-server.ts';

const PROBE = 'version\r\n';
const PROBED = 'VERSION 1.6.18\r\n';
/** More than the buffers of a connection on one machine take. */
const VALUES = 60;
const VALUE = Buffer.alloc(262_144, 'v');

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => vi.useRealTimers());

/** The machine was suspended: only the wall clock has gone on. It is noticed with the next request. */
function sleep(): void {
  vi.setSystemTime(Date.now() + 3_600_000);
}

async function untilProbed(peer: Peer): Promise<void> {
  await vi.waitFor(() => expect(peer.received.subarray(-PROBE.length).toString('latin1')).toBe(PROBE), {
    timeout: 50_000,
  });
}

describe('a connection that stood while the process slept', () => {
  it('is sent a probe and no request before that is answered', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    sleep();
    const answer = server.transport.get('key');
    await untilProbed(peer);
    expect(peer.received.toString('latin1')).toBe(PROBE);
    await peer.lines(1);
    peer.say(PROBED);
    expect(await peer.lines(1)).toEqual([expect.stringContaining('key')]);
    peer.say('EN\r\n');
    expect([await answer, server.connections, server.losses]).toEqual([undefined, 1, []]);
  });

  it('finishes the write that was under way, and is probed behind it', async () => {
    const server = await ScriptedServer.start({ timeoutMs: 60_000 });
    const peer = await server.serveAsked();
    peer.socket.pause();
    const attributes = { ttlSeconds: 60, flags: 0 };
    const stored = Array.from({ length: VALUES }, (_, index) =>
      server.transport.store('set', `key-${index}`, VALUE, attributes),
    );
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    sleep();
    const answer = server.transport.get('key');
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    peer.socket.resume();
    await untilProbed(peer);
    // The rest of what was asked for, and the request that woke, come after the probe.
    const written = (await peer.take(peer.received.length)).split('ms key-').length - 1;
    peer.say('HD\r\n'.repeat(written) + PROBED);
    await vi.waitFor(() => expect(peer.received.includes('mg key ')).toBe(true), { timeout: 50_000 });
    peer.say('HD\r\n'.repeat(VALUES - written) + 'EN\r\n');
    expect(await outcomes(stored)).toEqual(stored.map(() => 'stored'));
    expect([await answer, server.connections, server.losses]).toEqual([undefined, 2, []]);
  });

  it('is replaced when the probe is not answered; what waited goes onto the next, and reads under way are asked again', async () => {
    const server = await ScriptedServer.start({ timeoutMs: 400 });
    const first = await server.serve();
    const underWay = outcomes([server.transport.get('read'), server.transport.touch('written', 60)]);
    await first.lines(2);
    sleep();
    const answer = server.transport.get('key');
    const second = await server.accept();
    await second.lines(2);
    second.say(`MN\r\n${PROBED}`);
    expect(await second.lines(2)).toEqual([expect.stringContaining('read'), expect.stringContaining('key')]);
    second.say('EN\r\nEN\r\n');
    expect([...(await underWay), await answer]).toEqual([undefined, 'SESS_CONNECTION', undefined]);
    // Nobody is told of a loss: the node is not to blame.
    expect([server.connections, server.losses]).toEqual([2, []]);
  });

  it('is kept when its answer comes late, but before another connection is ready', async () => {
    const server = await ScriptedServer.start({ timeoutMs: 400 });
    const first = await server.serve();
    const written = server.transport.store('set', 'written', VALUE.subarray(0, 10), { ttlSeconds: 60, flags: 0 });
    await first.lines(2);
    sleep();
    const answer = server.transport.get('key');
    const second = await server.accept();
    first.say(`HD\r\n${PROBED}`);
    await second.closed();
    expect(await first.lines(2)).toEqual([PROBE.trim(), expect.stringContaining('key')]);
    first.say('EN\r\n');
    expect([await written, await answer, server.connections, server.losses]).toEqual(['stored', undefined, 2, []]);
  });

  it('gives a request that waited for the probe its whole time', async () => {
    const server = await ScriptedServer.start({ timeoutMs: 400 });
    const first = await server.serve();
    sleep();
    const answer = server.transport.get('key');
    await untilProbed(first);
    await setTimeout(300);
    first.say(PROBED);
    await first.lines(2);
    await setTimeout(300);
    first.say('EN\r\n');
    expect(await answer).toBeUndefined();
  });

  it('fails what waits when neither it nor another connection answers', async () => {
    const server = await ScriptedServer.start({ timeoutMs: 1_000 });
    await server.serve();
    sleep();
    const answers = outcomes([server.transport.get('key')]);
    // The one beside it, the next one, and the one in the classic dialect.
    for (let refused = 0; refused < 3; refused += 1) (await server.accept()).socket.destroy();
    expect(await answers).toEqual(['SESS_CONNECTION']);
    expect(server.losses).toHaveLength(1);
  });

  it('is closed together with the other one', async () => {
    const server = await ScriptedServer.start({ timeoutMs: 400 });
    const first = await server.serve();
    sleep();
    const answers = outcomes([server.transport.get('key')]);
    const second = await server.accept();
    server.transport.destroy();
    await server.transport.close();
    await Promise.all([first.closed(), second.closed()]);
    expect(await answers).toEqual(['SESS_CLOSED']);
  });
});
