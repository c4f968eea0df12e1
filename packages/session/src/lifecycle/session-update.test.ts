import { describe, expect, it } from 'vitest';
import { application, loggedIn as loggedInWith, Browser, otherServer, outage } from '../../test/visit.ts';
import type { SessionsOptions } from '../options/options.ts';
import type { SessionData } from '../session.ts';

const loggedIn = (options: Partial<SessionsOptions> = {}): ReturnType<typeof loggedInWith> =>
  loggedInWith(options, { data: { visits: 0 } });

function increment(data: SessionData): number {
  data.visits = (data.visits ?? 0) + 1;
  return data.visits;
}

describe('session.update', () => {
  it('counts a hundred increments at once, from four servers, and gives each its own number', async () => {
    const { app, browser } = await loggedIn();
    const servers = Array.from({ length: 4 }, () => otherServer(app));
    const count = (index: number): Promise<number> =>
      new Browser({ sessions: servers[index % 4] ?? app.sessions }, browser.cookies).visit((session) =>
        session.update(increment),
      );
    const numbers = await Promise.all(Array.from({ length: 100 }, (_, index) => count(index)));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(await browser.visit((session) => session.data.visits)).toBe(100);
  });

  it('counts when one request asks for it several times at once', async () => {
    const { browser } = await loggedIn();
    await browser.visit((session) => Promise.all(Array.from({ length: 5 }, () => session.update(increment))));
    expect(await browser.visit((session) => session.data.visits)).toBe(5);
  });

  it('resolves with what the function returned, or with the data where it returned nothing', async () => {
    const { browser } = await loggedIn();
    await browser.visit(async (session) => {
      expect(await session.update(increment)).toBe(1);
      expect(await session.update((data) => void (data.note = 'set'))).toBe(session.data);
      expect(session.data).toEqual({ visits: 1, note: 'set' });
    });
  });

  it('costs one save where nobody else is there, and nothing more at the end of the request', async () => {
    const { app, browser } = await loggedIn();
    await browser.visit((session) => session.update(increment));
    expect(app.store.operations).toEqual(['load', 'save']);
  });

  it('sees what others saved, and what this request changed and did not save yet, and saves both', async () => {
    const { browser } = await loggedIn();
    const slow = await browser.open();
    slow.data.note = 'mine';
    await browser.copy().visit((session) => void Object.assign(session.data, { visits: 7, cart: ['theirs'] }));
    const seen = await slow.update((data) => {
      increment(data);
      return { ...data };
    });
    expect(seen).toEqual({ visits: 8, note: 'mine', cart: ['theirs'] });
    expect(slow.data).toEqual(seen);
    expect(await browser.visit((session) => session.data)).toEqual(seen);
  });

  it('sees the stored data even if the function changes nothing', async () => {
    const { browser } = await loggedIn();
    const slow = await browser.open();
    await browser.copy().visit((session) => void (session.data.visits = 7));
    expect(await slow.update((data) => data.visits)).toBe(7);
    expect(slow.data.visits).toBe(7);
  });

  it('leaves everything as it was where the function throws, whenever it does', async () => {
    const { app, browser } = await loggedIn();
    const slow = await browser.open();
    await browser.copy().visit((session) => void (session.data.visits = 7));
    const failing = slow.update((data) => {
      if (increment(data) > 1) throw new RangeError('too many');
    });
    await expect(failing).rejects.toThrow('too many');
    expect(slow.data.visits).toBe(0);
    app.store.forget();
    await browser.close(slow);
    expect(app.store.saves).toEqual([]);
  });

  it('loads a session that was out of reach before it calls the function: that stays, even if the function throws', async () => {
    const { app, browser } = await loggedIn({ onUnavailable: 'anonymous' });
    app.store.beforeNext('load', outage);
    await browser.visit(async (session) => {
      session.data.note = 'mine';
      const failing = session.update(() => {
        throw new RangeError('too many');
      });
      await expect(failing).rejects.toThrow('too many');
      expect([session.isAvailable, session.data]).toEqual([true, { visits: 0, note: 'mine' }]);
    });
  });

  it('refuses a function that returns a promise, or none at all, and stores nothing', async () => {
    const { app, browser } = await loggedIn();
    await browser.visit(async (session) => {
      const later = session.update(async (data) => increment(data));
      await expect(later).rejects.toMatchObject({ code: 'SESS_BAD_DATA', message: expect.stringContaining('at once') });
      await expect(session.update('increment' as never)).rejects.toMatchObject({ code: 'SESS_BAD_DATA' });
    });
    expect(app.store.saves).toEqual([]);
  });

  it('begins a session where there is none', async () => {
    const browser = new Browser(application());
    await browser.visit((session) => session.update(increment));
    expect(await browser.visit((session) => [session.isNew, session.data])).toEqual([false, { visits: 1 }]);
  });

  it('stores nothing for a new session without data', async () => {
    const app = application();
    await new Browser(app).visit((session) => session.update((data) => void data.visits));
    expect(app.store.operations).toEqual([]);
  });

  it('begins none once the headers have left', async () => {
    const session = await new Browser(application()).open({ headersSent: true });
    await expect(session.update(increment)).rejects.toMatchObject({ code: 'SESS_HEADERS_SENT' });
    expect(session.data).toEqual({});
  });

  it('does not bring back a session that was destroyed', async () => {
    const { browser } = await loggedIn();
    const slow = await browser.open();
    await browser.copy().visit((session) => session.destroy());
    await expect(slow.update(increment)).rejects.toMatchObject({ code: 'SESS_DESTROYED' });
    await slow.destroy();
    await expect(slow.update(increment)).rejects.toMatchObject({ code: 'SESS_DESTROYED' });
    expect(await browser.visit((session) => session.isNew)).toBe(true);
  });

  it('does not count from zero if the session could not be loaded: it retries, and fails if that fails', async () => {
    const { app, browser } = await loggedIn({ onUnavailable: 'anonymous' });
    await browser.visit((session) => void (session.data.visits = 41));
    app.store.beforeNext('load', outage);
    app.store.beforeNext('load', outage);
    await browser.visit(async (session) => {
      session.data.note = 'mine';
      await expect(session.update(increment)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
      expect(await session.update(increment)).toBe(42);
    });
    expect(await browser.visit((session) => session.data)).toEqual({ visits: 42, note: 'mine' });
  });
});
