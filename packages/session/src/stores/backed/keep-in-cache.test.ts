import { expect, it } from 'vitest';
import { begin, change, faulty, found, KEY, text, world } from '../../../test/backed-servers.ts';
import { backedStore } from './backed-store.ts';

it('a cache that loses a record again and again, while others cache it again, does not end the session', async () => {
  const { cache, database, now, passSeconds } = world();
  let isUnsteady = false;
  const unsteady = faulty(cache, async (operation) => {
    if (!isUnsteady || operation !== 'save') return;
    const lost = await cache.load(KEY);
    if (lost !== undefined) passSeconds(2);
    else await cache.save(KEY, record, { ttlSeconds: 1, expect: 'absent' });
  });
  const store = backedStore(unsteady, { backing: database, writePolicy: 'through', log: () => {}, now });
  await begin({ store }, 'first');
  const first = await found({ store });
  const cached = (await cache.load(KEY)) ?? expect.unreachable();
  const record = cached.value;
  await cache.save(KEY, record, { ttlSeconds: 1, expect: cached });
  isUnsteady = true;
  await expect(change({ store }, 'second', first)).rejects.toMatchObject({ code: 'SESS_CONFLICT' });
  isUnsteady = false;
  passSeconds(2);
  expect(await text({ store })).toBe('second');
});
