import {
  SessClientError,
  type CacheRecord,
  type Client,
  type NodeHealth,
  type Explanation,
  type SessClientErrorCode,
} from '@sess/client';
import { describe, expect, it, vi } from 'vitest';
import { memcachedStore } from './memcached-store.ts';
import type { SessionErrorCode } from '../errors.ts';
import type { SessionStore } from './session-store.ts';

/** memcached's time to live is a second longer than the session's. */
const RECORD: CacheRecord = { value: Buffer.from('value'), version: 7n, ttlSeconds: 31 };

function clientThat(methods: Partial<Client>): Client {
  return methods as Client;
}

function settled(key: string): Explanation {
  return { key, owners: ['127.0.0.1:11211'], elders: [], mode: 'settled' };
}

describe('the memcached store', () => {
  it('hands the record itself back as what a save expects', async () => {
    const set = vi.fn<Client['set']>().mockResolvedValue({ ...RECORD, version: 8n });
    const store = memcachedStore(clientThat({ get: async () => RECORD, set }));
    const loaded = await store.load('key');
    expect(loaded).toMatchObject({ value: RECORD.value, ttlSeconds: 30 });
    if (loaded === undefined) throw new Error('a miss');
    await store.save('key', Buffer.from('next'), { ttlSeconds: 60, expect: loaded });
    expect(set).toHaveBeenCalledWith('key', Buffer.from('next'), { ttlSeconds: 61, expect: RECORD });
  });

  it('expects nothing for a new session', async () => {
    const set = vi.fn<Client['set']>().mockResolvedValue(RECORD);
    await memcachedStore(clientThat({ set })).save('key', RECORD.value, { ttlSeconds: 60, expect: 'absent' });
    expect(set).toHaveBeenCalledWith('key', RECORD.value, { ttlSeconds: 61, expect: 'absent' });
  });

  it('leaves a tombstone, and tells whether there was a session', async () => {
    const remove = vi.fn<Client['delete']>().mockResolvedValue(true);
    expect(await memcachedStore(clientThat({ delete: remove })).destroy('key', 60)).toBe(true);
    expect(remove).toHaveBeenCalledWith('key', { ttlSeconds: 61 });
  });

  describe('on a node without memory for a tombstone', () => {
    const refusal = new SessClientError('SESS_OUT_OF_MEMORY', 'no memory', { node: '127.0.0.1:11211' });

    function storeOf({ left, elders = [] }: { left?: CacheRecord; elders?: readonly string[] }): SessionStore {
      return memcachedStore(
        clientThat({
          delete: () => Promise.reject(refusal),
          get: async () => left,
          explain: (key) => ({ ...settled(key), elders }),
        }),
      );
    }

    it('has destroyed a session that is gone from the only node that may hold it', async () => {
      expect(await storeOf({}).destroy('key', 60)).toBe(true);
    });

    it.each([
      ['is still there', { left: RECORD }, {}],
      ['another node may hold', { elders: ['127.0.0.1:11212'] }, {}],
      ['something else may put back', {}, { tombstone: 'required' }],
    ] as const)('has not destroyed a session that %s, and speaks of memory', async (_, state, options) => {
      await expect(storeOf(state).destroy('key', 60, options)).rejects.toMatchObject({
        code: 'SESS_UNAVAILABLE',
        message: 'memcached: no memory is left for this change',
        cause: { code: 'SESS_OUT_OF_MEMORY' },
      });
    });
  });

  it.each<[SessClientErrorCode, SessionErrorCode]>([
    ['SESS_TIMEOUT', 'SESS_UNAVAILABLE'],
    ['SESS_CONNECTION', 'SESS_UNAVAILABLE'],
    ['SESS_PROTOCOL', 'SESS_UNAVAILABLE'],
    ['SESS_SERVER', 'SESS_UNAVAILABLE'],
    ['SESS_OUT_OF_MEMORY', 'SESS_UNAVAILABLE'],
    ['SESS_AUTH', 'SESS_UNAVAILABLE'],
    ['SESS_UNAVAILABLE', 'SESS_UNAVAILABLE'],
    ['SESS_OVERLOADED', 'SESS_UNAVAILABLE'],
    ['SESS_CONFLICT', 'SESS_CONFLICT'],
    ['SESS_ABORTED', 'SESS_ABORTED'],
    ['SESS_CLOSED', 'SESS_CLOSED'],
    ['SESS_TOO_LARGE', 'SESS_TOO_LARGE'],
    ['SESS_BAD_KEY', 'SESS_STORE'],
    ['SESS_BAD_VALUE', 'SESS_STORE'],
    ['SESS_BAD_OPTION', 'SESS_STORE'],
  ])('turns the client error %s into %s, from every operation', async (code, expected) => {
    const cause = new SessClientError(code, 'what the client says', { node: '127.0.0.1:11211' });
    const fail = (): Promise<never> => Promise.reject(cause);
    const store = memcachedStore(
      clientThat({ ready: fail, get: fail, set: fail, touch: fail, delete: fail, explain: settled }),
    );
    const operations = [
      store.ready?.(),
      store.load('key'),
      store.save('key', RECORD.value, { ttlSeconds: 60, expect: 'absent' }),
      store.touch('key', 60),
      store.destroy('key', 60),
    ];
    for (const operation of operations) {
      await expect(operation).rejects.toMatchObject({
        name: 'SessionError',
        code: expected,
        cause: { code, node: cause.node, message: cause.message },
      });
    }
  });

  it('refuses a client that only observes', () => {
    expect(() => memcachedStore(clientThat({ observe: true }))).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringContaining('Leave observe out') }),
    );
  });

  it('lets errors through that are not the client’s', async () => {
    const bug = new TypeError('a bug');
    await expect(memcachedStore(clientThat({ get: () => Promise.reject(bug) })).load('key')).rejects.toBe(bug);
  });

  it.each<[string, readonly NodeHealth[], string]>([
    ['the only node that is left has not answered yet', ['down', 'unknown'], 'unavailable'],
    ['every node was replaced by one that has not answered yet', ['unknown'], 'unavailable'],
    ['every node is down', ['down', 'down'], 'unavailable'],
    ['one answers', ['down', 'up'], 'ready'],
  ])('is starting only until a node answers: later, when %s, it is not', async (_, later, expected) => {
    let states: readonly NodeHealth[] = ['unknown', 'unknown'];
    const client = clientThat({
      get topology() {
        return { states: new Map(states.map((health, index) => [`10.0.0.${index}:11211`, health])) } as never;
      },
      ready: async () => {},
    });
    const [asked, awaited] = [memcachedStore(client), memcachedStore(client)];
    expect([asked.state, awaited.state]).toEqual(['starting', 'starting']);
    await awaited.ready?.();
    states = ['up', 'down'];
    expect(asked.state).toBe('ready');
    states = later;
    expect([asked.state, awaited.state]).toEqual([expected, expected]);
  });

  it('leaves open the client that it was given', async () => {
    const close = vi.fn<Client['close']>();
    await memcachedStore(clientThat({ close })).close();
    expect(close).not.toHaveBeenCalled();
  });
});
