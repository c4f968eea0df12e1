import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as ask, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { failingStore, type FailingStore } from '@sess/conformance';
import compression from 'compression';
import type { Express, NextFunction, Request, Response } from 'express';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { browse, shop, VERSIONS } from './shop.ts';

/** Errors that would have ended the process. */
const fatal: unknown[] = [];
const note = (error: unknown): void => void fatal.push(error);
const LONG = 'a line of a long file\n'.repeat(100_000);
let folder: string;
let file: string;
beforeAll(async () => {
  process.on('uncaughtException', note).on('unhandledRejection', note);
  folder = await mkdtemp(join(tmpdir(), 'sess-express-'));
  file = join(folder, 'long.txt');
  await writeFile(file, LONG);
});
afterAll(async () => {
  process.off('uncaughtException', note).off('unhandledRejection', note);
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  expect(fatal.splice(0)).toEqual([]);
});

type Handler = (request: Request, response: Response) => unknown;

/** Ways to answer, with the status and the text that a browser must get. */
const ANSWERS: readonly [string, Handler, number, string][] = [
  ['json', (_, response) => response.json({ ok: true }), 200, '{"ok":true}'],
  ['send', (_, response) => response.status(201).send('text'), 201, 'text'],
  ['sendStatus', (_, response) => response.sendStatus(202), 202, 'Accepted'],
  ['redirect', (_, response) => response.redirect('/profile'), 302, 'Found. Redirecting to /profile'],
  ['end', (_, response) => response.end('end'), 200, 'end'],
  ['end with nothing', (_, response) => response.status(204).end(), 204, ''],
  ['writeHead and end', (_, response) => response.writeHead(200, { 'x-own': 'yes' }).end('raw'), 200, 'raw'],
  [
    'write and end',
    (_, response) => (response.write('one'), response.write('two'), response.end('three')),
    200,
    'onetwothree',
  ],
  ['flushHeaders and end', (_, response) => (response.flushHeaders(), response.end('late')), 200, 'late'],
  ['a pipe', (_, response) => Readable.from(['one', 'two']).pipe(response), 200, 'onetwo'],
  ['a pipeline of a generator', (_, response) => pipeline(chunks, response), 200, 'chunk'.repeat(20_000)],
  ['sendFile', (_, response) => response.sendFile(file), 200, LONG],
  ['download', (_, response) => response.download(file), 200, LONG],
  [
    'json, once more',
    (_, response) => (
      response.json({ ok: true }),
      void response.status(500).type('html').set('x-second', 'no').send('no')
    ),
    200,
    '{"ok":true}',
  ],
  [
    'json and then an error',
    (_, response) => {
      response.json({ ok: true });
      throw new Error('after the answer');
    },
    200,
    '{"ok":true}',
  ],
  ['end, twice', (_, response) => (response.end('first'), response.end()), 200, 'first'],
];

/** Adds an error handler that answers, at once or `later`. */
function withErrors(app: Express, errors: unknown[], later: boolean): Express {
  return app.use((error: { status?: number }, _: Request, response: Response, next: NextFunction) => {
    errors.push(error);
    if (response.headersSent) return next(error);
    const send = (): void => void response.status(error.status ?? 500).json({ failed: true });
    if (later) setTimeout(send, 20);
    else send();
  });
}

async function* chunks(): AsyncGenerator<string> {
  for (let chunk = 0; chunk < 20_000; chunk += 1) yield 'chunk';
}

const changing =
  (handler: Handler): Handler =>
  (request, response) => {
    request.session.data.cart = ['sku-1'];
    return handler(request, response);
  };

/** A store whose save waits, after `wait()`, until the test calls `goOn()`. */
function slowStore(): { readonly store: FailingStore; readonly wait: () => void; readonly goOn: () => void } {
  const store = failingStore();
  const signals = new EventEmitter();
  const wait = (): void => void (store.gate = once(signals, 'go on').then(() => undefined));
  return { store, wait, goOn: () => void signals.emit('go on') };
}

describe.each(VERSIONS)('%s', (_version, application) => {
  describe.each(ANSWERS)('an answer by %s', (_name, handler, status, text) => {
    it('leaves when the session is saved, and not before, with its cookie', async () => {
      const { store, wait, goOn } = slowStore();
      const app = shop(application(), { store }, { '/answer': changing(handler) });
      const browser = await browse(app);
      let arrived = false;
      wait();
      const answered = browser.get('/answer').finally(() => (arrived = true));
      await expect.poll(() => store.gate !== undefined).toBe(true);
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      expect(arrived).toBe(false);
      goOn();
      store.gate = undefined;
      const answer = await answered;
      expect([answer.status, answer.text, answer.headers.get('x-second')]).toEqual([status, text, null]);
      expect(answer.headers.getSetCookie()).toHaveLength(1);
      expect(await browser.json('/profile')).toMatchObject({ cart: ['sku-1'] });
    });

    it('is as it would be without sessions, where nothing is saved', async () => {
      const app = shop(application(), {}, { '/answer': handler });
      const browser = await browse(app);
      await browser.post('/login');
      const [read, never] = [await browser.get('/answer'), await browser.copy().get('/answer')];
      for (const answer of [read, never]) expect([answer.status, answer.text]).toEqual([status, text]);
      expect(read.headers.get('content-length')).toBe(never.headers.get('content-length'));
    });
  });

  it.each(['before', 'after'])('a long file comes whole through compression %s the sessions', async (where) => {
    const { store, wait, goOn } = slowStore();
    const app = application();
    if (where === 'before') app.use(compression());
    shop(app, { store });
    if (where === 'after') app.use(compression());
    app.get('/file', changing((_, response) => response.sendFile(file)) as never);
    const browser = await browse(app);
    wait();
    const answered = browser.fetch('/file');
    setTimeout(() => {
      goOn();
      store.gate = undefined;
    }, 20);
    const response = await answered;
    expect(response.headers.get('content-encoding')).toMatch(/gzip|br/);
    expect(await response.text()).toBe(LONG);
    expect(await browser.json('/profile')).toMatchObject({ cart: ['sku-1'] });
  });

  it('HEAD, and a file that the browser has, save the session, too', async () => {
    const app = shop(application(), {}, { '/file': changing((_, response) => response.sendFile(file)) });
    const browser = await browse(app);
    const head = await browser.fetch('/file', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), head.headers.getSetCookie().length]).toEqual([
      200,
      String(LONG.length),
      1,
    ]);
    // Not `fetch`: with `if-none-match`, it adds headers that ask for an uncached response.
    const asked = ask(`${browser.origin}/file`, { headers: { 'if-none-match': head.headers.get('etag') ?? '' } }).end();
    const [same] = (await once(asked, 'response')) as [IncomingMessage];
    same.resume();
    expect([same.statusCode, same.headers['set-cookie']?.length]).toEqual([304, 1]);
  });

  it('callbacks of write and end are called', async () => {
    const called: string[] = [];
    const app = shop(
      application(),
      {},
      {
        '/answer': changing((_, response) => {
          response.write('one', () => called.push('write'));
          response.end('two', 'utf8', () => called.push('end'));
        }),
      },
    );
    expect((await (await browse(app)).get('/answer')).text).toBe('onetwo');
    await expect.poll(() => called).toEqual(['write', 'end']);
  });

  it('a head that Node.js refuses is an error of the request', async () => {
    const app = shop(
      application(),
      {},
      { '/answer': changing((_, response) => response.writeHead(200, { 'x-bad': 'a\nb' }).end('no')) },
    );
    const browser = await browse(app);
    expect((await browser.get('/answer')).status).toBe(500);
    expect((await browser.get('/profile')).status).toBe(200);
  });
});

describe.each(VERSIONS)('%s: a session that can not be saved', (_version, application) => {
  // Left out: an error handler that has answered is not called again.
  const failing = ANSWERS.filter(([name]) => name !== 'json and then an error');

  it.each(failing)('is an error in place of the answer, told once: %s', async (_name, handler) => {
    for (const later of [false, true]) {
      const store = failingStore();
      const errors: unknown[] = [];
      const route: Handler = (request, response) => {
        request.session.data.cart = ['sku-1'];
        store.down = true;
        response.set({ etag: '"one"', 'cache-control': 'public', 'x-other': 'stays' });
        return handler(request, response);
      };
      const app = withErrors(shop(application(), { store }, { '/answer': route }), errors, later);
      const browser = await browse(app);
      const { status, text, headers } = await browser.get('/answer');
      expect([status, text]).toEqual([503, '{"failed":true}']);
      expect([headers.get('set-cookie'), headers.get('cache-control'), headers.get('etag')]).not.toContain('"one"');
      expect([headers.get('set-cookie'), headers.get('cache-control'), headers.get('x-other')]).toEqual([
        null,
        null,
        'stays',
      ]);
      expect(errors.filter((error) => (error as { code?: string }).code === 'SESS_UNAVAILABLE')).toHaveLength(1);
    }
  });

  it('is a 503 with Retry-After where the application has no error handler, and names nothing', async () => {
    const store = failingStore();
    const app = shop(
      application(),
      { store },
      { '/answer': changing((_, response) => ((store.down = true), response.json({}))) },
    );
    const { status, headers, text } = await (await browse(app)).get('/answer');
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
    expect(text).not.toMatch(/cart|sku-1/);
  });

  it('leaves an error of the application’s own its answer', async () => {
    const store = failingStore();
    const app = shop(
      application(),
      { store },
      {
        '/throws': changing(() => {
          store.down = true;
          throw Object.assign(new Error('a bug'), { status: 500 });
        }),
        '/answers': changing((_, response) => ((store.down = true), response.writeHead(502).end('bad gateway'))),
      },
    );
    const browser = await browse(app);
    expect((await browser.get('/throws')).status).toBe(500);
    store.down = false;
    expect(await browser.get('/answers')).toMatchObject({ status: 502, text: 'bad gateway' });
  });
});
