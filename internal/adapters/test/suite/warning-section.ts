import { until } from '@sess/conformance';
import { afterEach, beforeEach, expect, it, vi, type MockInstance } from 'vitest';
import type { Open } from './bench.ts';
import { socketOf } from './subject.ts';

/** What would be lost silently. */
export function warningSection(open: Open): void {
  let warning: MockInstance<typeof process.emitWarning>;
  beforeEach(() => void (warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})));
  afterEach(() => warning.mockRestore());

  const codes = (): readonly unknown[] => warning.mock.calls.map(([, options]) => (options as { code?: unknown }).code);

  it('tells of a change through a reference that was taken before the answer, by code that nobody waited for', async () => {
    await using bench = await open({
      '/late': ({ session }) => {
        const { data } = session;
        setTimeout(() => void (data.note = 'late'), 20);
        return {};
      },
    });
    const browser = await bench.loggedIn();
    await browser.json('/late');
    await until('it is told', () => codes().length > 0 || undefined);
    await browser.json('/late');
    expect(codes()).toEqual(['SESS_LATE_CHANGE']);
  });

  it('tells of a response that left without the cookie of its session, and not of one that nobody waited for', async () => {
    const closed: Promise<unknown>[] = [];
    await using bench = await open({
      '/past': async ({ session, takeOver }) => {
        session.data.note = 'past';
        await session.save();
        socketOf(takeOver()).end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}');
      },
      '/unanswered': async ({ session, takeOver }) => {
        session.data.note = 'unanswered';
        await session.save();
        const response = takeOver();
        closed.push(new Promise((resolve) => response.once('close', resolve)));
      },
    });
    // On a connection that carried another response before.
    await bench.browser().json('/plain');
    const unanswered = new AbortController();
    const asked = fetch(`${bench.app.origin}/unanswered`, { signal: unanswered.signal });
    await until('the handler is done', () => closed.length > 0 || undefined);
    unanswered.abort();
    await expect(asked).rejects.toThrow();
    await Promise.all(closed);
    expect(codes()).toEqual([]);
    expect((await bench.browser().get('/past')).text).toBe('{}');
    await until('it is told', () => codes().length > 0 || undefined);
    await bench.browser().get('/past');
    expect(codes()).toEqual(['SESS_LOST_COOKIE']);
  });
}
