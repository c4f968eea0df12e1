import { startLocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it } from 'vitest';
import { OpenedNode } from './opened-node.ts';
import { reply, ScriptedNode } from './scripted-node.ts';

const ATTRIBUTES = { ttlSeconds: 60, flags: 1 };
const KEY = 'key';
const KIB = 1_024;
/** Bytes of an item besides its key and value. */
const OVERHEAD = 63;
const TOO_LARGE = {
  code: 'SESS_TOO_LARGE',
  retryable: false,
  message: expect.stringContaining('what was stored is still there') as string,
};

describe.each(inject('mainRuntimes'))('a value that is too large for the node (%s)', (runtime) => {
  it.each([1 * KIB, 64 * KIB, 512 * KIB, 2 * 1_024 * KIB])(
    'is refused before it deletes what was there, and nothing else is (%i)',
    async (limit) => {
      await using cluster = await startLocalCluster({ nodes: 1, runtime, maxItemBytes: limit, memoryMegabytes: 128 });
      using opened = new OpenedNode(cluster.nodes[0] ?? {}, { maxValueBytes: 4 * 1_024 * KIB });
      const { node } = opened;
      const room = limit - OVERHEAD - KEY.length;
      // The first request of the connection: it waits for the greeting, and so for the limit.
      await expect(node.store('set', KEY, Buffer.alloc(room + 1), ATTRIBUTES)).rejects.toMatchObject(TOO_LARGE);
      expect(await node.store('set', KEY, Buffer.alloc(room), ATTRIBUTES)).toBe('stored');
      expect(await node.store('set', KEY, Buffer.alloc(room + 4), { ttlSeconds: 60, flags: 0 })).toBe('stored');
      expect(await node.store('set', KEY, Buffer.from('before'), ATTRIBUTES)).toBe('stored');
      const item = await node.get(KEY);
      for (const mode of ['set', 'add', { cas: item?.cas ?? { unique: 0, epoch: 0 } }] as const) {
        await expect(node.store(mode, KEY, Buffer.alloc(room + 1), ATTRIBUTES)).rejects.toMatchObject(TOO_LARGE);
      }
      expect((await node.get(KEY))?.value.toString()).toBe('before');
      expect([opened.epochs.length, opened.losses]).toEqual([1, []]);
    },
  );
});

describe('a large value for a node that does not tell its limit', () => {
  it('is sent, and what the node says counts', async () => {
    await using scripted = await ScriptedNode.start((request, socket) => {
      socket.write(reply(request, { status: request.value.length > 2_000 ? 0x03 : 0 }));
    });
    using opened = new OpenedNode({ port: scripted.port });
    expect(await opened.node.store('set', KEY, Buffer.alloc(2_000), ATTRIBUTES)).toBe('stored');
    await expect(opened.node.store('set', KEY, Buffer.alloc(2_001), ATTRIBUTES)).rejects.toMatchObject({
      code: 'SESS_TOO_LARGE',
      message: expect.stringContaining('may be gone') as string,
    });
    expect(scripted.requests.length).toBe(2);
  });
});
