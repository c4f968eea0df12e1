/** A real node loses its memory between two steps of a write: what was acknowledged is read, by every client. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { LocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it } from 'vitest';

import type { CacheRecord, Client } from '../src/contract.ts';
import { textTransport } from '../src/transport/text/index.ts';
import { HeldStores } from './held-stores.ts';
import { partyOfEachTest } from './party.ts';

const runtimes = inject('mainRuntimes');
const ttlSeconds = 600;
const LONG = { timeout: 60_000 };

const party = partyOfEachTest();

type Loss = (cluster: LocalCluster, id: string) => Promise<void>;
const LOSSES: readonly [string, Loss][] = [
  ['flush_all', flush],
  [
    'a restart',
    async (cluster, id) => {
      await cluster.crashNode(id);
      await cluster.restartNode(id);
    },
  ],
];

async function flush(cluster: LocalCluster, id: string): Promise<void> {
  const { host, port } = cluster.nodes.find((node) => node.id === id) ?? {};
  const socket = connect(port ?? 0, host).setEncoding('latin1');
  socket.write('flush_all\r\n');
  expect(await once(socket, 'data')).toEqual(['OK\r\n']);
  socket.destroy();
}

type Change = (writer: Client, base: CacheRecord) => Promise<unknown>;
const CHANGES: readonly [string, Change, string | undefined][] = [
  ['a change', (writer, base) => writer.set('key', 'mine', { ttlSeconds, expect: base }), 'mine'],
  ['a change, whatever was there', (writer) => writer.set('key', 'mine', { ttlSeconds }), 'mine'],
  ['a deletion', (writer) => writer.delete('key', { ttlSeconds }), undefined],
];

/** A client that saw the node down and back migrates the copy under a new version: the writer must read again. */
function refused(error: unknown): string {
  expect(error).toMatchObject({ code: 'SESS_CONFLICT' });
  return 'base';
}

describe.each(runtimes)('with %s', (runtime) => {
  describe.each([2, 3])('and %i copies', (copies) => {
    describe.each(LOSSES)('%s of the first node between two steps of a write', (_loss, lose) => {
      it.each(CHANGES)('does not undo %s', LONG, async (_change, begin, expected) => {
        const [cluster, ids] = await party.startNodes(runtime, 3);
        const stores = new HeldStores(textTransport());
        const { client: writer } = await party.join(ids, { copies, transport: stores.transport });
        const { client: other } = await party.join(ids, { copies });
        const base = await writer.set('key', 'base', { ttlSeconds, expect: 'absent' });
        const [first = '', second] = writer.explain('key').owners;
        const onFirst = party.directly(cluster, first);
        const valueOnFirst = async (): Promise<string | undefined> =>
          (await onFirst.get('key').catch(() => undefined))?.value.toString('latin1');

        stores.held = second;
        const change = begin(writer, base);
        await expect.poll(() => stores.isReached).toBe(true);
        expect(await valueOnFirst()).not.toContain('base');
        await lose(cluster, first);
        const restored = async (): Promise<string | undefined> => {
          await other.get('key').catch(() => undefined);
          return valueOnFirst();
        };
        await expect.poll(restored, { timeout: 20_000 }).toContain('base');
        stores.release();
        const value = await change.then(() => expected, refused);
        for (const client of [other, writer]) expect((await client.get('key'))?.value.toString()).toBe(value);
      });
    });
  });
});
