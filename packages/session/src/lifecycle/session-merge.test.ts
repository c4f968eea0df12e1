import { describe, expect, it } from 'vitest';
import { loggedIn, Browser, otherServer } from '../../test/visit.ts';
import type { DataConflict } from './merge-data.ts';
import type { SessionData } from '../session.ts';

/**
 * A fast request changes the session while a slow one runs; returns the data that the slow one has at its end, and the
 * stored data.
 */
async function meet(
  { browser }: { browser: Browser },
  slowly: (data: SessionData) => void,
  fast: (data: SessionData) => void,
): Promise<{ seen: SessionData; stored: SessionData }> {
  const slow = await browser.open();
  slowly(slow.data);
  await browser.copy().visit((session) => fast(session.data));
  await browser.close(slow);
  return { seen: slow.data, stored: await browser.visit((session) => session.data) };
}

const onConflict = ({ mine, theirs }: DataConflict): unknown => [...(theirs as string[]), ...(mine as string[])];

describe('changes of two requests to one session', () => {
  it('are both kept, and the one that saves last sees both', async () => {
    const { seen, stored } = await meet(
      await loggedIn(),
      (data) => (data.note = { mine: 1 }),
      (data) => (data.cart = ['sku-1']),
    );
    expect(stored).toEqual({ user: 'USER_123', note: { mine: 1 }, cart: ['sku-1'] });
    expect(seen).toEqual(stored);
  });

  it('are kept where one deletes what the other left alone', async () => {
    const { stored } = await meet(
      await loggedIn(),
      (data) => delete data.user,
      (data) => (data.visits = 1),
    );
    expect(stored).toEqual({ visits: 1 });
  });

  it("of one value are decided by onConflict: 'theirs'", async () => {
    const { seen, stored } = await meet(
      await loggedIn({ onConflict: 'theirs' }),
      (data) => (data.note = 'slow'),
      (data) => (data.note = 'fast'),
    );
    expect([seen.note, stored.note]).toEqual(['fast', 'fast']);
  });

  it("of one value fail the one that saves last with onConflict: 'error'", async () => {
    const set = await loggedIn({ onConflict: 'error' });
    const failed = meet(
      set,
      (data) => (data.note = 'slow'),
      (data) => (data.note = 'fast'),
    );
    await expect(failed).rejects.toMatchObject({ code: 'SESS_CONFLICT', statusCode: 409 });
    expect(await set.browser.visit((session) => session.data.note)).toBe('fast');
  });

  it('of one value are decided by a function, and stored as it says', async () => {
    const { seen, stored } = await meet(
      await loggedIn({ onConflict }),
      (data) => (data.cart = ['slow']),
      (data) => (data.cart = ['fast']),
    );
    expect([seen.cart, stored.cart]).toEqual([
      ['fast', 'slow'],
      ['fast', 'slow'],
    ]);
  });

  it('cost one save and a load more, and nothing at the end of the request that saved by itself', async () => {
    const { app, browser } = await loggedIn();
    const slow = await browser.open();
    slow.data.note = 'slow';
    await browser.copy().visit((session) => void (session.data.visits = 1));
    app.store.forget();
    await slow.save();
    await browser.close(slow);
    expect(app.store.operations).toEqual(['save', 'load', 'save']);
  });

  it('are kept when they are made while the save is under way', async () => {
    const { app, browser } = await loggedIn();
    const slow = await browser.open();
    const { data } = slow;
    data.note = 'first';
    await browser.copy().visit((session) => void (session.data.visits = 1));
    app.store.beforeNext('load', () => void (data.note = 'second'));
    await slow.save();
    expect(data).toEqual({ user: 'USER_123', visits: 1, note: 'second' });
    await browser.close(slow);
    expect(await browser.visit((session) => session.data)).toEqual(data);
  });

  it('are all kept when they are a hundred, from four servers', async () => {
    const { app, browser } = await loggedIn();
    const servers = Array.from({ length: 4 }, () => otherServer(app));
    const add = async (index: number): Promise<void> => {
      const visitor = new Browser({ sessions: servers[index % 4] ?? app.sessions }, browser.cookies);
      await visitor.visit((session) => void Object.assign(session.data, { [`key-${index}`]: index }));
    };
    await Promise.all(Array.from({ length: 100 }, (_, index) => add(index)));
    expect(Object.keys(await browser.visit((session) => session.data))).toHaveLength(101);
  });

  it('bring back no session that ended meanwhile', async () => {
    const { browser } = await loggedIn();
    const [one, two] = [await browser.open(), await browser.open()];
    one.data.note = 'one';
    two.data.visits = 2;
    await browser.copy().visit((session) => session.destroy());
    await Promise.all([browser.copy().close(one), browser.copy().close(two)]);
    expect(await browser.visit((session) => session.isNew)).toBe(true);
  });
});
