import { freePort } from '@sess/loopback';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { OpenedNode } from './opened-node.ts';
import { hit, reply, ScriptedNode, type Script } from './scripted-node.ts';

const answerHits: Script = (request, socket) => socket.write(hit(request, request.key));
/** So long that no test waits for it. */
const NEVER = { minMs: 3_600_000, maxMs: 3_600_000 };

afterEach(() => vi.restoreAllMocks());

describe('after a connection was lost', () => {
  it('connects again by itself', async () => {
    await using node = await ScriptedNode.start(answerHits);
    using opened = new OpenedNode(node);
    await opened.connections(1);
    node.disconnectAll();
    await opened.connections(2);
    expect(opened.losses).toMatchObject([{ code: 'SESS_CONNECTION' }]);
  });

  it('the next request does not wait for the pause', async () => {
    await using node = await ScriptedNode.start(answerHits);
    using opened = new OpenedNode(node, {}, { reconnect: NEVER, random: () => 1 });
    await opened.connections(1);
    node.disconnectAll();
    await opened.disconnections(1);
    expect((await opened.node.get('key'))?.value.toString()).toBe('key');
  });

  it('takes a CAS number of it for outdated without asking, even while there is no connection', async () => {
    await using node = await ScriptedNode.start(answerHits);
    using opened = new OpenedNode(node, {}, { reconnect: NEVER, random: () => 1 });
    const item = await opened.node.get('key');
    node.disconnectAll();
    await opened.disconnections(1);
    const { cas } = item ?? { cas: { unique: 1n, epoch: 0 } };
    expect(await opened.node.store({ cas }, 'key', Buffer.from('v'), { ttlSeconds: 60, flags: 0 })).toBe('exists');
    await opened.node.get('key');
    expect(await opened.node.store({ cas }, 'key', Buffer.from('v'), { ttlSeconds: 60, flags: 0 })).toBe('exists');
    expect(node.requests.map(({ opcode }) => opcode)).toEqual([0x00, 0x00]);
  });
});

describe('a node that answers and closes its connections', () => {
  it('soon, is connected to again without a pause only the first time', async () => {
    await using node = await ScriptedNode.start(answerHits);
    using opened = new OpenedNode(node, {}, { reconnect: NEVER, random: () => 1 });
    vi.spyOn(performance, 'now').mockReturnValue(1);
    for (const round of [1, 2]) {
      await opened.node.get('key');
      node.disconnectAll();
      await opened.disconnections(round);
    }
    const message = expect.stringMatching(/^[\d.:]+: not sent: .* not due yet.*its connections end soon/) as string;
    for (const refused of [opened.node.get('key'), opened.node.probe()])
      await expect(refused).rejects.toMatchObject({ code: 'SESS_CONNECTION', message });
    expect(node.connections).toBe(2);
  });

  it('soon, is left alone for longer each time', async () => {
    const pauses: number[] = [];
    await using node = await ScriptedNode.start(answerHits);
    using opened = new OpenedNode(node, {}, { reconnect: { minMs: 1, maxMs: 8 }, random: () => 1 });
    vi.spyOn(performance, 'now').mockReturnValue(1);
    const timers = vi.spyOn(globalThis, 'setTimeout');
    for (const round of [1, 2, 3, 4, 5]) {
      await opened.connections(round);
      timers.mockClear();
      node.disconnectAll();
      await opened.disconnections(round);
      pauses.push(...timers.mock.calls.map(([, pauseMs]) => pauseMs ?? 0));
    }
    expect(pauses).toEqual([1, 4, 8, 8, 8]);
  });

  it('is connected to without a pause again when a connection has lasted', async () => {
    await using node = await ScriptedNode.start(answerHits);
    using opened = new OpenedNode(node, {}, { reconnect: NEVER, random: () => 1 });
    let elapsedMs = 1;
    vi.spyOn(performance, 'now').mockImplementation(() => elapsedMs);
    for (const livesMs of [0, 1_000, 0, 1_000]) {
      await opened.node.get('key');
      elapsedMs += livesMs;
      node.disconnectAll();
      await opened.disconnections(node.connections);
    }
    await opened.node.get('key');
    expect(node.connections).toBe(5);
  });
});

describe('while no connection can be made', () => {
  it('requests fail at once and say why, until the next attempt', async () => {
    using opened = new OpenedNode({ port: await freePort() }, {}, { reconnect: NEVER, random: () => 1 });
    await expect(opened.node.get('key')).rejects.toMatchObject({
      code: 'SESS_CONNECTION',
      cause: { code: 'ECONNREFUSED' },
    });
    await expect(opened.node.get('key')).rejects.toMatchObject({
      code: 'SESS_CONNECTION',
      message: expect.stringContaining('not due yet'),
    });
    expect(opened.losses).toHaveLength(1);
  });

  it('a probe makes an attempt at once', async () => {
    using opened = new OpenedNode({ port: await freePort() }, {}, { reconnect: NEVER, random: () => 1 });
    await opened.disconnections(1);
    await expect(opened.node.probe()).rejects.toMatchObject({
      code: 'SESS_CONNECTION',
      cause: { code: 'ECONNREFUSED' },
    });
    expect(opened.losses).toHaveLength(2);
  });

  it('the attempts go on', async () => {
    using opened = new OpenedNode({ port: await freePort() });
    await opened.disconnections(5);
    expect(opened.losses.every((loss) => 'code' in loss && loss.code === 'SESS_CONNECTION')).toBe(true);
  });
});

describe('a node that stops answering', () => {
  it('is given a new connection when a request has waited for three timeouts', async () => {
    await using node = await ScriptedNode.start((request, socket) => {
      if (request.connection > 1) socket.write(hit(request, request.key));
    });
    const timeoutMs = 40;
    using opened = new OpenedNode(node, { timeoutMs });
    await opened.connections(1);
    const failures: unknown[] = [];
    const begun = performance.now();
    while (opened.losses.length === 0) failures.push(await opened.node.get('key').catch((error: unknown) => error));
    // Does not check how many failed meanwhile: on a busy machine, a timeout fires late.
    expect(performance.now() - begun).toBeGreaterThanOrEqual(3 * timeoutMs - 1);
    expect(failures.length).toBeGreaterThan(0);
    for (const failure of failures) expect(failure).toMatchObject({ code: 'SESS_TIMEOUT' });
    expect(opened.losses).toMatchObject([{ code: 'SESS_CONNECTION', message: expect.stringContaining('given up') }]);
    await opened.connections(2);
    expect((await opened.node.get('key'))?.value.toString()).toBe('key');
  });
});

describe('what waits for the connection', () => {
  it('is sent in order when it stands', async () => {
    await using node = await ScriptedNode.start(answerHits);
    using opened = new OpenedNode(node);
    const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`);
    await Promise.all(keys.map((key) => opened.node.get(key)));
    expect(node.requests.map(({ key }) => key)).toEqual(keys);
  });

  it('is not sent when it was aborted before', async () => {
    await using node = await ScriptedNode.start(answerHits);
    using opened = new OpenedNode(node);
    const controller = new AbortController();
    const aborted = opened.node.get('aborted', { signal: controller.signal });
    const kept = opened.node.get('kept');
    controller.abort();
    const message = expect.stringMatching(/before it was sent\.$/) as string;
    await expect(aborted).rejects.toMatchObject({ code: 'SESS_ABORTED', message });
    await kept;
    expect(node.requests.map(({ key }) => key)).toEqual(['kept']);
    await expect(opened.node.get('key', { signal: AbortSignal.abort() })).rejects.toMatchObject({ message });
  });

  it('may have happened when it was aborted later', async () => {
    await using node = await ScriptedNode.start(() => undefined);
    using opened = new OpenedNode(node);
    const controller = new AbortController();
    const aborted = opened.node.get('key', { signal: controller.signal }).catch((error: unknown) => error);
    await node.received(1);
    controller.abort();
    expect(await aborted).toMatchObject({
      code: 'SESS_ABORTED',
      message: expect.stringContaining('may or may not have happened') as string,
    });
  });

  it('is not sent when no connection stands in time', async () => {
    await using node = await ScriptedNode.start((request, socket) => {
      if (request.opcode === 0x20) socket.write(reply(request, { value: 'PLAIN' }));
    });
    using opened = new OpenedNode(node, { timeoutMs: 50, credentials: { username: 'user', password: 'password' } });
    await expect(opened.node.get('key')).rejects.toMatchObject({
      code: 'SESS_TIMEOUT',
      message: expect.stringMatching(/no connection within 50 ms \(timeoutMs\); nothing was sent\.$/) as string,
    });
  });

  it('is bounded in bytes', async () => {
    await using node = await ScriptedNode.start(answerHits);
    using opened = new OpenedNode(node, { maxQueuedBytes: 2_000 });
    const attributes = { ttlSeconds: 60, flags: 0 };
    const value = Buffer.alloc(900);
    const outcomes = await Promise.allSettled(
      ['a', 'b', 'c'].map((key) => opened.node.store('set', key, value, attributes)),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(outcomes[2]).toMatchObject({
      reason: { code: 'SESS_OVERLOADED', message: expect.stringContaining('maxQueuedBytes') },
    });
    expect(node.requests.map(({ key }) => key)).toEqual(['a', 'b']);
  });
});
