/**
 * Every known fault of memjs 1.3.2, in two tests: what memjs does by itself, so that the test shows when a later
 * version fixes it, and what this transport does in the same situation.
 */
import { setImmediate } from 'node:timers/promises';
import { Client, Server } from 'memjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { OpaqueSequence } from '../src/opaque-sequence.ts';
import { memjsClient, socketClosed } from './memjs-alone.ts';
import { OpenedNode } from './opened-node.ts';
import { hit, reply, ScriptedNode, type Script } from './scripted-node.ts';

const DAY = 86_400;

const answerHits: Script = (request, socket) => socket.write(hit(request, request.key));
const answerOk: Script = (request, socket) => socket.write(reply(request));

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const halfThenReset: Script = (request, socket) => {
  const bytes = hit(request, request.key);
  if (request.connection === 1) socket.write(bytes.subarray(0, 30), () => socket.resetAndDestroy());
  else socket.write(bytes);
};

describe('half a reply before a reset', () => {
  it('memjs: spoils every later reply', async () => {
    await using node = await ScriptedNode.start(halfThenReset);
    const client = memjsClient(node, { timeout: 0.3 });
    client.get('first', () => undefined);
    await socketClosed(client);
    await expect(client.get('second')).rejects.toThrow('timed out');
    client.close();
  });

  it('here: ends with its connection', async () => {
    await using node = await ScriptedNode.start(halfThenReset);
    using opened = new OpenedNode(node);
    await expect(opened.node.get('first')).rejects.toMatchObject({ code: 'SESS_CONNECTION' });
    expect((await opened.node.get('second'))?.value.toString()).toBe('second');
    expect(node.connections).toBe(2);
  });
});

const close: Script = (_request, socket) => socket.end();

describe('a connection that the node closes', () => {
  it('memjs: leaves the requests on it unanswered for ever', async () => {
    await using node = await ScriptedNode.start(close);
    const client = memjsClient(node);
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    client.get('key').then(mark, mark);
    await socketClosed(client);
    await setImmediate();
    expect(settled).toBe(false);
  });

  it('here: fails them at once', async () => {
    await using node = await ScriptedNode.start(close);
    using opened = new OpenedNode(node);
    const requests = ['a', 'b', 'c'].map((key) => opened.node.get(key));
    for (const outcome of await Promise.allSettled(requests)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'SESS_CONNECTION' } });
    }
  });
});

describe('the request after 2^31 others', () => {
  it('memjs: throws', async () => {
    await using node = await ScriptedNode.start(answerHits);
    const client = memjsClient(node);
    Object.assign(client, { seq: 2 ** 31 - 1 });
    expect(() => client.get('key', () => undefined)).toThrow(RangeError);
  });

  it.each([2 ** 31 - 3, 2 ** 32 - 3])('here: is one like any other, from number %d on', async (last) => {
    await using node = await ScriptedNode.start(answerHits);
    using opened = new OpenedNode(node, {}, { opaques: new OpaqueSequence(last) });
    const keys = ['a', 'b', 'c', 'd', 'e'];
    const items = await Promise.all(keys.map((key) => opened.node.get(key)));
    expect(items.map((item) => item?.value.toString())).toEqual(keys);
    expect(new Set(node.requests.map(({ opaque }) => opaque)).size).toBe(keys.length);
  });
});

describe('the command on the wire', () => {
  it('memjs: prepend sends append', async () => {
    await using node = await ScriptedNode.start(answerOk);
    const client = memjsClient(node);
    await client.prepend('key', 'value');
    expect(node.requests.map(({ opcode }) => opcode)).toEqual([0x0e]);
    client.close();
  });

  it('here: is what the operation says', async () => {
    await using node = await ScriptedNode.start((request, socket) => {
      const withFlags = request.opcode === 0x00 || request.opcode === 0x1c || request.opcode === 0x1d;
      socket.write(withFlags ? hit(request, '') : reply(request));
    });
    using opened = new OpenedNode(node);
    const attributes = { ttlSeconds: 60, flags: 0 };
    const read = await opened.node.get('key');
    await opened.node.store('set', 'key', Buffer.from('v'), attributes);
    await opened.node.store('add', 'key', Buffer.from('v'), attributes);
    if (read) await opened.node.store({ cas: read.cas }, 'key', Buffer.from('v'), attributes);
    await opened.node.probe();
    await opened.node.touch('key', 60);
    expect(node.requests.map(({ opcode, cas }) => [opcode, cas])).toEqual([
      [0x00, 0n],
      [0x01, 0n],
      [0x02, 0n],
      [0x01, 1n],
      [0x0b, 0n],
      [0x1c, 0n],
    ]);
  });
});

describe('a time to live of 40 days', () => {
  it('memjs: is sent as it is, which memcached takes for a date in 1970', async () => {
    await using node = await ScriptedNode.start(answerOk);
    const client = memjsClient(node);
    await client.set('key', 'value', { expires: 40 * DAY });
    expect(node.requests[0]?.extras.readUInt32BE(4)).toBe(40 * DAY);
    client.close();
  });

  it('here: is sent as a date, in every command that has one', async () => {
    await using node = await ScriptedNode.start((request, socket) =>
      socket.write(request.opcode < 0x1c ? reply(request) : hit(request, '')),
    );
    using opened = new OpenedNode(node);
    const before = Math.floor(Date.now() / 1_000);
    await opened.node.store('set', 'key', Buffer.alloc(0), { ttlSeconds: 40 * DAY, flags: 0 });
    await opened.node.touch('key', 40 * DAY);
    const after = Math.floor(Date.now() / 1_000);
    expect(node.requests).toHaveLength(2);
    for (const { extras } of node.requests) {
      const exptime = extras.readUInt32BE(extras.length - 4);
      expect(exptime).toBeGreaterThanOrEqual(before + 40 * DAY);
      expect(exptime).toBeLessThanOrEqual(after + 40 * DAY);
    }
  });
});

const outOfMemory: Script = (request, socket) => socket.write(reply(request, { status: 0x82 }));

describe('the console', () => {
  it('memjs: writes to it', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    await using node = await ScriptedNode.start(outOfMemory);
    const client = Client.create(`127.0.0.1:${node.port}`);
    await expect(client.get('key')).rejects.toThrow();
    expect(log).toHaveBeenCalled();
    client.close();
  });

  it('here: is left alone, whatever fails', async () => {
    const methods = (['debug', 'error', 'info', 'log', 'trace', 'warn'] as const).map((name) =>
      vi.spyOn(console, name),
    );
    const streams = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
    await using node = await ScriptedNode.start((request, socket) => {
      if (request.key === 'reset') socket.resetAndDestroy();
      else if (request.key === 'nonsense') socket.write('nonsense');
      else outOfMemory(request, socket);
    });
    using opened = new OpenedNode(node);
    await expect(opened.node.get('key')).rejects.toMatchObject({ code: 'SESS_SERVER' });
    await expect(opened.node.get('nonsense')).rejects.toMatchObject({ code: 'SESS_PROTOCOL' });
    await expect(opened.node.get('reset')).rejects.toMatchObject({ code: 'SESS_CONNECTION' });
    for (const writer of [...methods, ...streams]) expect(writer).not.toHaveBeenCalled();
  });
});

function copiedBytes(): () => number {
  const append = vi.spyOn(Server.prototype, 'appendToBuffer');
  return () => append.mock.results.reduce((sum, { value }) => sum + (value as Buffer).length, 0);
}

describe('a value that arrives in many pieces', () => {
  const VALUE = Buffer.alloc(512 * 1_024, 'x');
  const PIECE = 1_024;
  const request = { opcode: 0x00, opaque: 1 };

  function* pieces(bytes: Buffer): Generator<Buffer> {
    for (let start = 0; start < bytes.length; start += PIECE) yield bytes.subarray(start, start + PIECE);
  }

  it('memjs: copies what it has with every piece', () => {
    const copied = copiedBytes();
    const server = new Server('127.0.0.1', 11_211);
    for (const piece of pieces(reply(request, { value: VALUE }))) server.responseHandler(piece);
    expect(copied()).toBeGreaterThan(100 * VALUE.length);
  });

  it('here: is given to memjs once, whole', async () => {
    const copied = copiedBytes();
    await using node = await ScriptedNode.start((received, socket) => {
      const all = [...pieces(hit(received, VALUE))];
      const next = (): void => {
        const piece = all.shift();
        if (piece) socket.write(piece, next);
      };
      next();
    });
    using opened = new OpenedNode(node);
    await opened.connections(1);
    const before = copied();
    expect((await opened.node.get('key'))?.value.equals(VALUE)).toBe(true);
    expect(copied() - before).toBe(24 + 4 + VALUE.length);
  });
});

/** Answers all requests but `late`, and `next` only on demand. */
function holdingNext(): { readonly script: Script; readonly release: () => void } {
  let release: (() => void) | undefined;
  const script: Script = (request, socket) => {
    if (request.key === 'late') return;
    const answer = (): void => {
      socket.write(hit(request, request.key));
    };
    if (request.key === 'next') release = answer;
    else answer();
  };
  return { script, release: () => release?.() };
}

describe('a request that is late', () => {
  const TIMEOUT_MS = 600;

  /** Sends `late` and, half a timeout later, `next`, which is answered when the first has failed. */
  async function lateAndNext(
    get: (key: string) => Promise<unknown>,
    release: () => void,
  ): Promise<PromiseSettledResult<unknown>[]> {
    const start = performance.now();
    const late = get('late').finally(release);
    const outcomes = [late];
    while (performance.now() - start < TIMEOUT_MS / 2) await get('other');
    outcomes.push(get('next'));
    return Promise.allSettled(outcomes);
  }

  it('memjs: takes those behind it along', async () => {
    const { script, release } = holdingNext();
    await using node = await ScriptedNode.start(script);
    const client = memjsClient(node, { timeout: TIMEOUT_MS / 1_000 });
    const outcomes = await lateAndNext((key) => client.get(key), release);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    client.close();
  });

  it('here: fails alone', async () => {
    const { script, release } = holdingNext();
    await using node = await ScriptedNode.start(script);
    using opened = new OpenedNode(node, { timeoutMs: TIMEOUT_MS });
    const outcomes = await lateAndNext((key) => opened.node.get(key), release);
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'SESS_TIMEOUT' } },
      { status: 'fulfilled', value: { value: Buffer.from('next') } },
    ]);
    expect(node.connections).toBe(1);
  });
});
