import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { begin, change, found, KEY, text, world, type Server, type World } from '../../../test/backed-servers.ts';
import type { BackingEvent } from '../../diagnostics.ts';

const events: BackingEvent[] = [];
const note = (event: unknown): void => void events.push(event as BackingEvent);
beforeEach(() => subscribe('sess:session:backing', note));
afterEach(() => {
  unsubscribe('sess:session:backing', note);
  events.length = 0;
});

function behind(at: World, limits = {}): Server {
  const server = at.server({ writePolicy: 'behind', limits: { closeTimeoutMs: 200, ...limits } });
  // Gives up the test's pending writes.
  onTestFinished(() => server.store.close().catch(() => undefined));
  return server;
}

function inDatabase({ database }: World): string | undefined {
  const row = database.sessions.get(KEY);
  return row === undefined ? undefined : Buffer.from(row.value).toString();
}

describe('writing behind', () => {
  it('does not wait for the database, which has all when the store has closed', async () => {
    const at = world();
    const one = behind(at);
    await begin(one, 'first');
    expect(inDatabase(at)).toBeUndefined();
    await one.store.close();
    expect(inDatabase(at)).toBe('first');
  });

  it('writes a session once however often it changed', async () => {
    const at = world();
    const one = behind(at);
    let session = await begin(one, 'change 0');
    for (let turn = 1; turn <= 20; turn++) session = await change(one, `change ${turn}`, session);
    await one.store.close();
    expect([at.asked.save, inDatabase(at)]).toEqual([1, 'change 20']);
  });

  it('keeps the last change, however late an older one arrives', async () => {
    const at = world();
    const [slow, quick] = [behind(at), behind(at)];
    await begin(slow, 'first');
    await change(quick, 'second', await found(quick));
    await quick.store.close();
    await slow.store.close();
    expect(inDatabase(at)).toBe('second');
  });

  it('returns its own last state, if the cache lost it before the database has it', async () => {
    const at = world();
    const one = behind(at);
    const first = await begin(one, 'first');
    await one.store.close();
    const two = behind(at);
    await change(two, 'second', await found(two));
    expect(first).toBeDefined();
    at.loseCache();
    expect(await text(two)).toBe('second');
  });

  it('waits for the database if the queue is full', async () => {
    const at = world();
    const one = behind(at, { pendingWrites: 1 });
    await begin(one, 'waits', 's/another');
    await begin(one, 'at once');
    expect(inDatabase(at)).toBe('at once');
  });

  it('fails if the queue is full and the database is out of reach', async () => {
    const at = world();
    const one = behind(at, { pendingWrites: 1 });
    one.databaseDown = true;
    await begin(one, 'waits', 's/another');
    await expect(begin(one, 'too much')).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
  });

  it('writes to the database at once if the cache is out of reach', async () => {
    const at = world();
    const one = behind(at);
    one.cacheDown = true;
    await begin(one, 'first');
    expect(inDatabase(at)).toBe('first');
  });

  it('never writes what was destroyed', async () => {
    const at = world();
    const one = behind(at);
    await begin(one, 'first');
    expect(await one.store.destroy(KEY, 600)).toBe(true);
    await one.store.close();
    expect(await at.database.load(KEY, new AbortController().signal)).toBe('destroyed');
  });

  it('reports what it could not write, on the channel and when it closes', async () => {
    const at = world();
    const one = behind(at, { closeTimeoutMs: 30 });
    one.databaseDown = true;
    await begin(one, 'first');
    await begin(one, 'first', 's/another');
    const closing = one.store.close();
    await expect(closing).rejects.toMatchObject({
      code: 'SESS_UNAVAILABLE',
      message: expect.stringContaining('2 sessions'),
    });
    await expect(one.store.close()).rejects.toThrow('2 sessions');
    const told = events.map(({ operation, outcome }) => `${operation} ${outcome}`);
    expect(told.filter((each) => each === 'save deferred')).toHaveLength(2);
    expect(told.filter((each) => each === 'save lost')).toHaveLength(2);
  });

  it('publishes no id, key or value', async () => {
    const at = world();
    const one = behind(at, { closeTimeoutMs: 10 });
    one.databaseDown = true;
    await begin(one, 'the value');
    await one.store.close().catch(() => {});
    const said = events
      .map((event) => `${JSON.stringify(event)} ${event.error?.message ?? ''} ${String(event.error?.cause)}`)
      .join('\n');
    expect(said).toContain('save');
    expect(said).not.toContain(KEY);
    expect(said).not.toContain('the value');
  });
});
