import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { Browser, serve } from '@sess/conformance';
import { memoryStore, type Session, type SessionData } from '@sess/session';
import express, { Router, type ErrorRequestHandler, type Request, type RequestHandler } from 'express';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import { sessions, type ExpressSessionsOptions } from '../src/index.ts';
import { browse, SECRET, VERSIONS } from './shop.ts';

const settings = (): ExpressSessionsOptions => ({ store: memoryStore(), secret: SECRET, secure: false });
const show: RequestHandler = (request, response) => void response.json({ session: typeof request.session });

describe('sessions()', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'a switch for touch',
      { store: memoryStore(), touch: false },
      /"touch" is boolean; expected a function of the request/,
    ],
    ['a path to ignore', { store: memoryStore(), ignore: '/health' }, /"ignore" is string; expected a function/],
  ])('refuses %s, and says what to do', (_, options, message) => {
    const given = { secret: SECRET, ...options } as ExpressSessionsOptions;
    expect(() => sessions(given)).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringMatching(message) }),
    );
  });

  it('gives a middleware that tells how it is, revokes, and can be closed twice', async () => {
    const middleware = sessions({ ...settings(), userOf: (data) => data.userId });
    await middleware.ready();
    expect(middleware.state).toBe('ready');
    const app = express();
    app.use(middleware);
    app.get('/login', (request, response) => ((request.session.data.userId = 'USER_123'), void response.json({})));
    app.get('/user', (request, response) => void response.json(request.session.data.userId ?? null));
    const browser = await browse(app);
    await browser.get('/login');
    expect(await middleware.ofUser('USER_123')).toHaveLength(1);
    await middleware.revokeUser('USER_123');
    expect(await browser.json('/user')).toBeNull();
    await middleware.close();
    await middleware.close();
    expect(middleware.state).toBe('closed');
  });
});

describe.each(VERSIONS)('%s', (_version, application) => {
  it('fails where nobody called sessions(), and says how', async () => {
    const app = application();
    app.use(sessions as unknown as RequestHandler);
    const errors: unknown[] = [];
    const note: ErrorRequestHandler = (error, _request, response, _next) => {
      errors.push(error);
      response.status(500).json({});
    };
    app.use(note);
    await (await browse(app)).get('/');
    expect(errors).toMatchObject([
      { code: 'SESS_BAD_OPTION', message: expect.stringContaining('app.use(sessions({ servers, secret }))') },
    ]);
  });

  it('takes one middleware on several routers, which a request may meet twice', async () => {
    const middleware = sessions(settings());
    const app = application();
    app.use('/shop', middleware);
    app.use(
      Router().use(middleware, (request, _response, next) =>
        next(typeof request.session === 'object' ? undefined : 'no'),
      ),
    );
    app.get('/shop/page', (request, response) => {
      request.session.data.cart = ['sku-1'];
      response.json({});
    });
    const { status, headers } = await (await browse(app)).get('/shop/page');
    expect([status, headers.getSetCookie().length]).toEqual([200, 1]);
  });

  it('refuses a request that meets two, one behind another session middleware, and two with one cookie', async () => {
    const both = application();
    both.use(sessions(settings()), sessions({ ...settings(), cookie: { name: 'other' } }));
    const behind = application();
    behind.use((request, _, next) => (Object.assign(request, { session: {} }), next()));
    behind.use(sessions(settings()));
    const alike = application();
    alike.use('/admin', sessions(settings()));
    alike.use('/shop', sessions(settings()));
    const codes: unknown[] = [];
    for (const app of [both, behind, alike]) {
      app.get(/.*/, show);
      app.use(
        (error: { code?: string }, _request: Request, response: express.Response, _next: express.NextFunction) => {
          codes.push(error.code);
          response.status(500).end();
        },
      );
    }
    expect((await (await browse(both)).get('/')).status).toBe(500);
    expect((await (await browse(behind)).get('/')).status).toBe(500);
    const browser = await browse(alike);
    expect((await browser.get('/admin')).status).toBe(200);
    expect((await browser.get('/shop')).status).toBe(500);
    expect(codes).toEqual(['SESS_REGISTERED_TWICE', 'SESS_REGISTERED_TWICE', 'SESS_BAD_OPTION']);
  });

  it('keeps the session in nested applications and back', async () => {
    const app = application();
    const nested = application();
    nested.use(sessions(settings()));
    app.use(nested);
    app.get('/', show);
    expect(await (await browse(app)).json('/')).toEqual({ session: 'object' });
  });

  it('has no session before it, and where the request is ignored', async () => {
    const app = application();
    app.get('/early', show);
    app.use(sessions({ ...settings(), ignore: (request) => request.path === '/health' }));
    app.get('/health', show);
    const browser = await browse(app);
    for (const path of ['/early', '/health']) expect(await browser.json(path)).toEqual({ session: 'undefined' });
  });
});

describe('without Express', () => {
  it('is a middleware for connect and for Node.js', async () => {
    const middleware = sessions(settings());
    const { origin, close } = await serve((request, response) => {
      middleware(request, response, (error) => {
        const { session } = request as IncomingMessage & { readonly session: Session };
        if (request.url === '/login') session.data.userId = 'USER_123';
        response.end(JSON.stringify(error ?? session.data.userId ?? null));
      });
    });
    onTestFinished(close);
    const browser = new Browser(origin);
    expect([await browser.json('/login'), await browser.json('/')]).toEqual(['USER_123', 'USER_123']);
  });

  it('reads the session of an upgrade to WebSocket, and saves what is changed while it lasts', async () => {
    const middleware = sessions(settings());
    const app = express();
    app.use(middleware);
    app.get('/login', (request, response) => ((request.session.data.userId = 'USER_123'), void response.json({})));
    app.get('/cart', (request, response) => void response.json(request.session.data.cart ?? null));
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    server.on('upgrade', (request, socket) => {
      middleware(request, {}, () => {
        const { session } = request as IncomingMessage & { readonly session: Session };
        // WebSocket servers do the same.
        socket.on('end', () => socket.end()).resume();
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n\r\n${session.data.userId}`);
        session.data.cart = ['from the socket'];
      });
    });
    const { port } = server.address() as AddressInfo;
    const browser = new Browser(`http://127.0.0.1:${port}`);
    await browser.get('/login');
    const socket = connect(port, '127.0.0.1');
    const cookie = `sess=${browser.cookies.get('sess')}`;
    socket.write(
      `GET /chat HTTP/1.1\r\nhost: here\r\nconnection: upgrade\r\nupgrade: websocket\r\ncookie: ${cookie}\r\n\r\n`,
    );
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    await expect.poll(() => text).toContain('USER_123');
    socket.destroy();
    await expect.poll(() => browser.json('/cart')).toEqual(['from the socket']);
    server.closeAllConnections();
  });
});

describe('types', () => {
  it('know req.session, and the data that the application declared', () => {
    expectTypeOf<Request['session']>().toEqualTypeOf<Session>();
    expectTypeOf<SessionData['userId']>().toEqualTypeOf<string | undefined>();
    expectTypeOf(sessions).returns.toExtend<RequestHandler>();
    // @ts-expect-error -- a field that no SessionData declares
    expectTypeOf<Request['session']['data']['unheardOf']>();
  });
});
