import { until } from '@sess/conformance';
import { expect, it } from 'vitest';
import type { Open } from './bench.ts';
import { socketOf } from './subject.ts';

/** An answer that the application writes itself. */
export function rawSection(open: Open): void {
  it('brings the cookie of a session that was saved before its head', async () => {
    await using bench = await open({
      '/raw': async ({ session, takeOver }) => {
        session.data.note = 'raw';
        await session.save();
        takeOver().writeHead(200, { 'set-cookie': 'theme=dark', 'cache-control': 'public' }).end('{}');
      },
    });
    const browser = bench.browser();
    const { headers } = await browser.get('/raw');
    expect(headers.getSetCookie().map((line) => line.replace(/=.*/, ''))).toEqual(['theme', 'sess']);
    expect(headers.get('cache-control')).toBe('private');
    expect(await browser.json('/user')).toMatchObject({ note: 'raw' });
  });

  it('keeps a session and its id where a change comes after the head', async () => {
    await using bench = await open({
      '/stream': async ({ session, takeOver }) => {
        const response = takeOver();
        response.writeHead(200).write('[');
        const regenerated = await codeOf(session.regenerate());
        session.data.note = 'streamed';
        response.end(`${JSON.stringify([regenerated, await codeOf(session.save())])}]`);
      },
    });
    const browser = await bench.loggedIn();
    expect(await browser.json('/stream')).toEqual([['SESS_HEADERS_SENT', 'done']]);
    expect(await browser.json('/user')).toEqual({ user: 'USER_123', note: 'streamed' });
    expect(await bench.browser().json('/stream')).toEqual([['SESS_HEADERS_SENT', 'SESS_HEADERS_SENT']]);
  });

  it('before a byte of it has left is done with its cookie, or refused with nothing done', async () => {
    await using bench = await open({
      '/taken': async ({ session, takeOver }) => {
        const response = takeOver();
        const regenerated = await codeOf(session.regenerate());
        session.data.note = 'taken';
        const saved = await codeOf(session.save());
        response.writeHead(200).end(JSON.stringify([regenerated, saved]));
      },
    });
    for (const browser of [await bench.loggedIn(), bench.browser()]) {
      const wasLoggedIn = browser.cookies.size > 0;
      const { headers, text } = await browser.get('/taken');
      const [regenerated, saved] = JSON.parse(text) as [string, string];
      const isRefused = regenerated === 'SESS_HEADERS_SENT';
      expect([regenerated, saved]).toEqual(
        isRefused ? [regenerated, wasLoggedIn ? 'done' : 'SESS_HEADERS_SENT'] : ['done', 'done'],
      );
      expect(headers.getSetCookie()).toHaveLength(isRefused ? 0 : 1);
      expect(await browser.json('/user')).toEqual({
        user: isRefused && wasLoggedIn ? 'USER_123' : null,
        note: isRefused && !wasLoggedIn ? null : 'taken',
      });
    }
  });

  it('gives the cookie to who writes the head without the framework, once', async () => {
    await using bench = await open({
      '/own': async ({ session, takeOver }) => {
        session.data.note = 'own';
        await session.save();
        const line = session.takeCookie();
        const again = session.takeCookie();
        socketOf(takeOver()).end(
          `HTTP/1.1 200 OK\r\nset-cookie: ${line}\r\nx-again: ${again}\r\nconnection: close\r\n\r\n{}`,
        );
      },
    });
    const browser = bench.browser();
    expect((await browser.get('/own')).headers.get('x-again')).toBe('undefined');
    expect(await browser.json('/user')).toEqual({ user: null, note: 'own' });
  });

  it('is saved at its end where no head was written, as after an upgrade', async () => {
    await using bench = await open({
      '/upgraded': ({ session, takeOver }) => {
        const socket = socketOf(takeOver());
        setTimeout(() => {
          session.data.note = 'upgraded';
          socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}');
        }, 20);
      },
    });
    const browser = await bench.loggedIn();
    await browser.get('/upgraded');
    await until(
      'it is saved',
      async () => JSON.stringify(await browser.json('/user')).includes('"note":"upgraded"') || undefined,
    );
    expect(bench.app.errors).toEqual([]);
  });
}

async function codeOf(work: Promise<void>): Promise<unknown> {
  try {
    await work;
    return 'done';
  } catch (error) {
    return (error as { code?: string }).code;
  }
}
