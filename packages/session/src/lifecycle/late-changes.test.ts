import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { application, Browser } from '../../test/visit.ts';

const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => {
  vi.useRealTimers();
  warning.mockClear();
});

/** Longer than a session is watched. */
const LATER_MS = 60_000;
const LATE = [expect.stringMatching(/the change is lost.*next\(\)/), { type: 'SessWarning', code: 'SESS_LATE_CHANGE' }];

async function saved(response = { headersSent: false, writableEnded: true }) {
  const browser = new Browser(application());
  await browser.visit((session) => void (session.data = { cart: ['sku-1'] }));
  const session = await browser.open(response);
  return { browser, session, data: session.data };
}

describe('data that is changed through a reference after the session was saved', () => {
  it.each<[string, (data: { cart?: string[]; note?: unknown }) => void]>([
    ['a key', (data) => void (data.note = 'late')],
    ['something inside', (data) => data.cart?.push('sku-2')],
    ['a key that goes', (data) => void delete data.cart],
    ['what can not be stored', (data) => void (data.note = 1n)],
  ])('is warned of, once: %s', async (_, change) => {
    const { browser, session, data } = await saved();
    await browser.close(session);
    change(data);
    vi.advanceTimersByTime(LATER_MS);
    await browser.close(await browser.open());
    vi.advanceTimersByTime(LATER_MS);
    expect(warning.mock.calls).toEqual([LATE]);
  });

  it('is warned of where the save wrote something, too', async () => {
    const { browser, session, data } = await saved();
    data.note = 'in time';
    await browser.close(session);
    data.note = 'late';
    vi.advanceTimersByTime(LATER_MS);
    expect(warning.mock.calls).toEqual([LATE]);
  });

  it('is no mistake where it is saved by hand', async () => {
    const { browser, session, data } = await saved();
    await browser.close(session);
    data.note = 'late';
    await session.save();
    vi.advanceTimersByTime(LATER_MS);
    expect(warning).not.toHaveBeenCalled();
  });

  it('is no mistake while the response is still being written', async () => {
    const { browser, session, data } = await saved({ headersSent: false, writableEnded: false });
    await browser.close(session);
    data.note = 'to be saved at the end of the stream';
    vi.advanceTimersByTime(LATER_MS);
    expect(warning).not.toHaveBeenCalled();
  });

  it('is none of a session that was destroyed, here or elsewhere, or left as it was', async () => {
    const { browser, session, data } = await saved();
    const elsewhere = browser.copy();
    const late = await elsewhere.open();
    late.data.note = 'dropped';
    await session.destroy();
    data.note = 'nobody keeps it';
    await browser.close(session);
    await elsewhere.close(late);
    vi.advanceTimersByTime(LATER_MS);
    expect(warning).not.toHaveBeenCalled();
  });

  it('is looked for in some sessions at a time, however many requests there are, and no timer stays', async () => {
    const { browser } = await saved();
    for (let request = 0; request < 200; request += 1) {
      const session = await browser.open();
      expect(session.data.cart).toEqual(['sku-1']);
      await browser.close(session);
    }
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(LATER_MS);
    expect(vi.getTimerCount()).toBe(0);
  });
});
