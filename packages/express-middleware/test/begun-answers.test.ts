import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as ask, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { failingStore } from '@sess/conformance';
import compression from 'compression';
import type { NextFunction, Request, Response } from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browse, shop, VERSIONS } from './shop.ts';

const LONG = 'a line of a long page\n'.repeat(5_000);
let folder: string;
let page: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sess-express-'));
  page = join(folder, 'page.html');
  await writeFile(page, LONG);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Calls that begin an answer and do not end it. */
const BEGINNINGS: readonly [string, (response: Response) => unknown][] = [
  ['write', (response) => response.write('one')],
  ['writeHead', (response) => response.writeHead(200, { 'content-type': 'text/plain' })],
  ['flushHeaders', (response) => response.flushHeaders()],
  ['a pipe', (response) => new PassThrough().pipe(response).write('one')],
];

/** Calls that can't follow a begun answer: without sessions, the connection closes, so the client notices. */
const MISTAKES: readonly [string, (response: Response) => unknown][] = [
  ['an error', () => Promise.reject(new Error('in the middle'))],
  ['another answer', (response) => response.json({ second: true })],
  ['a redirect', (response) => response.redirect('/profile')],
  ['a file', (response) => response.sendFile(page)],
];

/** Error handlers with and without a check of `headersSent`. */
const ERROR_HANDLERS: readonly [string, ((error: unknown, response: Response, next: NextFunction) => unknown)?][] = [
  ['Express'],
  [
    'a handler that looks',
    (error, response, next) => (response.headersSent ? next(error) : response.status(500).json({ failed: true })),
  ],
  ['a handler that does not look', (_error, response) => response.status(500).json({ failed: true })],
];

/** A store whose saves wait until the test calls `goOn()`. */
function gated(): { readonly store: ReturnType<typeof failingStore>; readonly goOn: () => void } {
  const store = failingStore();
  const signals = new EventEmitter();
  store.gate = once(signals, 'go on').then(() => undefined);
  return { store, goOn: () => void signals.emit('go on') };
}

describe.each(VERSIONS)('%s: an answer that has begun while its session is saved', (_version, application) => {
  describe.each(BEGINNINGS)('by %s', (_beginning, begin) => {
    describe.each(MISTAKES)('and is followed by %s', (_mistake, mistake) => {
      it.each(ERROR_HANDLERS)('does not look complete: %s', async (_name, handle) => {
        const { store, goOn } = gated();
        const app = shop(
          application(),
          { store },
          {
            '/answer'(request, response) {
              request.session.data.cart = ['sku-1'];
              begin(response);
              return mistake(response);
            },
          },
        );
        if (handle !== undefined) {
          app.use((error: unknown, _: Request, response: Response, next: NextFunction) => {
            handle(error, response, next);
          });
        }
        const browser = await browse(app);
        await expect(browser.get('/answer')).rejects.toThrow();
        goOn();
      });
    });

    it('is not ended by the 404 of what comes after its handler', async () => {
      const { store, goOn } = gated();
      const app = application();
      shop(app, { store });
      const begun = new EventEmitter();
      app.get('/answer', (request, response, next) => {
        request.session.data.cart = ['sku-1'];
        begin(response);
        next();
        begun.once('end', () => response.end('the end'));
        begun.emit('begun', response.headersSent);
      });
      const browser = await browse(app);
      const saw = once(begun, 'begun');
      const answered = browser.get('/answer');
      expect(await saw).toEqual([true]);
      begun.emit('end');
      goOn();
      expect((await answered).text).toMatch(/^(one)?the end$/);
    });
  });

  it('keeps its headers, whoever changes them after it, in place or not', async () => {
    const app = shop(
      application(),
      {},
      {
        '/answer'(request, response) {
          request.session.data.cart = ['sku-1'];
          response.setHeader('x-several', ['one', 'two']).json({});
          response.appendHeader('x-several', 'late').setHeader('x-late', 'yes');
        },
      },
    );
    const { headers } = await (await browse(app)).get('/answer');
    expect([headers.get('x-several'), headers.get('x-late')]).toEqual(['one, two', null]);
  });
});

describe.each(VERSIONS)('%s: middleware in between', (_version, application) => {
  const answers: readonly [string, (response: Response) => unknown][] = [
    ['json', (response) => response.json({ text: LONG })],
    ['a file', (response) => response.sendFile(page)],
    ['writes', (response) => (response.write(LONG), response.write(LONG), response.end())],
    ['a head', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(LONG)],
    ['an end', (response) => response.type('html').end(LONG)],
  ];
  describe.each(answers)('that compressed %s', (_name, answer) => {
    it.each(answers)('lets the error of a failed save through, whole, by %s', async (_by, answerError) => {
      const store = failingStore();
      const app = application();
      shop(app, { store }).use(compression({ threshold: 0 }));
      app.get('/answer', (request, response) => {
        request.session.data.cart = ['sku-1'];
        store.down = true;
        answer(response);
      });
      app.use((error: { status: number }, _: Request, response: Response, _next: NextFunction) => {
        answerError(response.status(error.status));
      });
      const browser = await browse(app);
      const { text } = await browser.get('/answer');
      expect([LONG, LONG + LONG, JSON.stringify({ text: LONG })]).toContain(text);
    });
  });

  it.each(answers)(
    'that announces trailers does not stop the error of a failed save, by %s',
    async (_by, answerError) => {
      const store = failingStore();
      const app = application();
      shop(app, { store }).use((_request, response, next) => {
        response.setHeader('trailer', 'x-sum');
        next();
      });
      app.get('/answer', (request, response) => {
        request.session.data.cart = ['sku-1'];
        store.down = true;
        response.write('one');
        response.addTrailers({ 'x-sum': '3' });
        response.end();
      });
      app.use((error: { status: number }, _: Request, response: Response, _next: NextFunction) => {
        answerError(response.status(error.status));
      });
      const browser = await browse(app);
      const asked = ask(`${browser.origin}/answer`).end();
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      await once(answer.resume(), 'end');
      expect([answer.headers['trailer'], answer.trailers]).toEqual([undefined, {}]);
    },
  );

  describe.each([
    ['saves', true],
    ['does not save', false],
  ])('where the request %s', (_saves, saves) => {
    it('that wraps writeHead is called once, and its headers count', async () => {
      let calls = 0;
      const app = application();
      shop(app).use((_request, response, next) => {
        const writeHead = response.writeHead.bind(response);
        response.writeHead = (status: number) => {
          calls += 1;
          response.appendHeader('x-appended', 'yes');
          return writeHead(status, { 'x-given': 'yes' });
        };
        next();
      });
      app.get('/answer', (request, response) => {
        if (saves) request.session.data.cart = ['sku-1'];
        response.end('text');
      });
      const { headers, text } = await (await browse(app)).get('/answer');
      expect([calls, headers.get('x-appended'), headers.get('x-given'), text]).toEqual([1, 'yes', 'yes', 'text']);
    });

    it.each([undefined, null])('writeHead takes %s for its message, and keeps the headers', async (message) => {
      const app = shop(
        application(),
        {},
        {
          '/answer'(request, response) {
            if (saves) request.session.data.cart = ['sku-1'];
            response.writeHead(201, message as unknown as string, { 'x-given': 'yes' });
            response.end();
          },
        },
      );
      const { status, headers } = await (await browse(app)).get('/answer');
      expect([status, headers.get('x-given')]).toEqual([201, 'yes']);
    });
  });
});
