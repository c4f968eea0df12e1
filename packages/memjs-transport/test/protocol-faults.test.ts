import { describe, expect, it } from 'vitest';
import { OpenedNode } from './opened-node.ts';
import { hit, reply, ScriptedNode, type ReceivedRequest } from './scripted-node.ts';

function withBodyLength(bytes: Buffer, length: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt32BE(length, 8);
  return changed;
}

describe('a reply that is not what the protocol allows', () => {
  const faults: readonly (readonly [string, (request: ReceivedRequest) => Buffer])[] = [
    ['answers what nobody asked', (request) => hit({ ...request, opaque: request.opaque + 1_000 }, 'v')],
    ['answers another command', (request) => reply({ ...request, opcode: 0x04 })],
    ['is a hit without flags', (request) => reply(request, { value: 'v' })],
    ['is text', () => Buffer.from('ERROR\r\n')],
    ['is a request', (request) => Buffer.concat([Buffer.from([0x80]), hit(request, 'v').subarray(1)])],
    ['announces more than can be', (request) => withBodyLength(hit(request, 'v'), 0xffff_ffff)],
    ['has parts longer than the whole', (request) => withBodyLength(hit(request, 'v'), 3)],
    ['is a SASL reply out of place', (request) => reply({ ...request, opcode: 0x21 })],
  ];

  it.each(faults)('%s: it closes the connection and fails what was under way', async (_name, answer) => {
    await using node = await ScriptedNode.start((request, socket) => {
      socket.write(request.key === 'bad' ? answer(request) : hit(request, request.key));
    });
    using opened = new OpenedNode(node);
    await opened.connections(1);
    const outcomes = await Promise.allSettled([opened.node.get('bad'), opened.node.get('behind')]);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'SESS_PROTOCOL' } });
    expect(opened.losses).toMatchObject([{ code: 'SESS_PROTOCOL' }]);
    expect((await opened.node.get('after'))?.value.toString()).toBe('after');
    expect(opened.epochs).toHaveLength(2);
  });
});

describe('a value that the node does not take', () => {
  it.each([
    [0x03, 'SESS_TOO_LARGE', 'raise memcached -I', false],
    [0x82, 'SESS_OUT_OF_MEMORY', 'give the node more memory', true],
  ] as const)('is told with status %d as %s', async (status, code, advice, retryable) => {
    await using node = await ScriptedNode.start((request, socket) => {
      socket.write(reply(request, { status }));
    });
    using opened = new OpenedNode(node);
    for (const mode of ['set', 'add'] as const) {
      const stored = opened.node.store(mode, 'key', Buffer.from('value'), { ttlSeconds: 60, flags: 0 });
      await expect(stored).rejects.toMatchObject({
        code,
        retryable,
        message: expect.stringMatching(new RegExp(advice, 'iu')),
      });
    }
    expect(node.connections).toBe(1);
  });
});

describe('an error of the node', () => {
  it.each([
    [0x03, 'too large'],
    [0x81, 'does not know this command'],
    [0x82, 'out of memory'],
    [0x85, 'busy'],
    [0x99, '0x99'],
  ])('with status %d fails its request and no other', async (status, words) => {
    await using node = await ScriptedNode.start((request, socket) => {
      socket.write(
        request.key === 'bad' ? reply(request, { status, value: 'text with the key bad' }) : hit(request, request.key),
      );
    });
    using opened = new OpenedNode(node);
    const [refused, other] = await Promise.allSettled([opened.node.get('bad'), opened.node.get('other')]);
    expect(refused).toMatchObject({
      reason: { code: 'SESS_SERVER', node: `127.0.0.1:${node.port}`, message: expect.stringContaining(words) },
    });
    expect(String((refused as PromiseRejectedResult).reason)).not.toContain('text with');
    expect(other).toMatchObject({ status: 'fulfilled' });
    expect(node.connections).toBe(1);
  });
});

describe('a server that touches without telling the flags', () => {
  it('is asked for them with a get-and-touch', async () => {
    await using node = await ScriptedNode.start((request, socket) => {
      socket.write(request.opcode === 0x1c ? reply(request) : hit(request, 'v', 9));
    });
    using opened = new OpenedNode(node);
    expect(await opened.node.touch('key', 60)).toEqual({ flags: 9 });
    expect(node.requests.map(({ opcode, extras }) => [opcode, extras.readUInt32BE(0)])).toEqual([
      [0x1c, 60],
      [0x1d, 60],
    ]);
  });
});

describe('a node without CAS numbers (-C)', () => {
  it('is named where a change could not be safe, and nothing is sent', async () => {
    await using node = await ScriptedNode.start((request, socket) => socket.write(hit(request, request.key)));
    using opened = new OpenedNode(node);
    await opened.node.get('key');
    const mode = { cas: { unique: 0n, epoch: opened.epochs[0] ?? 0 } };
    await expect(opened.node.store(mode, 'key', Buffer.from('v'), { ttlSeconds: 60, flags: 0 })).rejects.toMatchObject({
      code: 'SESS_BAD_VALUE',
      node: `127.0.0.1:${node.port}`,
      message: expect.stringMatching(/keeps no CAS numbers.*without -C.*Nothing was sent/) as string,
    });
    expect(node.requests.length).toBe(1);
  });
});
