import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

import { afterEach, describe, expect, it } from 'vitest';

import { html } from '../page/html.ts';
import { PageServer } from './page-server.ts';

let server: PageServer;
const done: string[] = [];

async function start(): Promise<URL> {
  server = await PageServer.start({
    page: { title: 'a page', subject: '<b>a cluster</b>' },
    port: 0,
    actions: {
      crash: async (node) => {
        if (node === 'x:1') throw new Error('There is no node x:1.');
        done.push(`crash ${node}`);
        return 'crashed';
      },
    },
  });
  return new URL(server.url);
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

async function ask(url: URL, path: string, options: RequestOptions = {}, body?: string): Promise<Answer> {
  const request = httpRequest(new URL(path, url), { ...options, agent: false });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

function show(word: string): void {
  server.show([{ id: 'part', label: 'a part', isCard: true, content: html`${word}` }]);
}

const FROM_PAGE = (url: URL): RequestOptions => ({
  method: 'POST',
  headers: { origin: url.origin, 'content-type': 'application/json', 'content-length': 15 },
});
const NODE = '{"node": "a:1"}';

describe('the page of sess watch', () => {
  afterEach(async () => {
    done.length = 0;
    await server.close();
  });

  it('is there for whoever has the address, with everything that it needs and nothing from elsewhere', async () => {
    const url = await start();
    server.show([{ id: 'part', label: 'a part', isCard: true, content: html`<p>${'<script>'}</p>` }]);
    const { status, headers, body } = await ask(url, './');
    expect(status).toBe(200);
    expect(body).toContain('&#60;b&#62;a cluster');
    expect(body).toContain('<p>&#60;script&#62;</p>');
    expect(body.match(/(?:src|href)="[^"]*"/g)).toEqual(['href="icon.svg"', 'href="style.css"', 'src="script.js"']);
    expect(headers).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'none'; script-src 'self'; style-src 'self'"),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    for (const file of ['icon.svg', 'style.css', 'script.js'])
      expect([file, (await ask(url, file)).status]).toEqual([file, 200]);
  });

  it('gives a browser that comes later what is so by then', async () => {
    const url = await start();
    const first = async (): Promise<string> => {
      const request = httpRequest(new URL('events', url), { agent: false }).end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      const [frame] = (await once(response, 'data')) as [Buffer];
      request.destroy();
      return frame.toString();
    };
    show('morning');
    expect(await first()).toBe('data: {"part":"morning"}\n\n');
    show('noon');
    show('evening');
    expect(await first()).toBe('data: {"part":"evening"}\n\n');
  });

  it.each(['/', '/events', '/x/', '/x/events', '/x/script.js', '/x/actions/crash', '/%00/'])(
    'without the token there is nothing: %s',
    async (path) => {
      const { status, headers } = await ask(await start(), path);
      expect(status).toBe(404);
      expect(headers['content-security-policy']).toContain("default-src 'none'");
    },
  );

  it.each([
    ['evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['localhost.evil.example:80', 421],
    ['localhost:8080', 200],
    ['127.0.0.1', 200],
    ['[::1]:80', 200],
  ])('with the host %j the status is %i: a name that was made to lead here is none', async (host, expected) => {
    const url = await start();
    for (const path of ['./', 'script.js']) expect((await ask(url, path, { headers: { host } })).status).toBe(expected);
  });

  it.each(['cross-site', 'same-site'])('another site gets nothing (%s)', async (site) => {
    const url = await start();
    for (const path of ['./', 'events', 'script.js'])
      expect((await ask(url, path, { headers: { 'sec-fetch-site': site } })).status).toBe(403);
  });

  it('does what a button says, and says what came of it', async () => {
    const url = await start();
    expect(await ask(url, 'actions/crash', FROM_PAGE(url), NODE)).toMatchObject({ status: 200, body: 'crashed' });
    expect(done).toEqual(['crash a:1']);
    const unknown = { ...FROM_PAGE(url) };
    expect(await ask(url, 'actions/crash', unknown, '{"node": "x:1"}')).toMatchObject({
      status: 409,
      body: 'There is no node x:1.',
    });
  });

  it.each([
    ['no origin', { origin: undefined }, 403],
    ['another origin', { origin: 'http://evil.example' }, 403],
    ['an origin that hides', { origin: 'null' }, 403],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }, 403],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['a form as text', { 'content-type': 'text/plain' }, 415],
    ['another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['more than a short body', { 'content-length': 100_000 }, 409],
  ])('does nothing for a request with %s', async (_what, headers, expected) => {
    const url = await start();
    const given = Object.fromEntries(
      Object.entries({ ...(FROM_PAGE(url).headers as Record<string, unknown>), ...headers }).filter(
        ([, value]) => value !== undefined,
      ),
    ) as Record<string, string>;
    const request = httpRequest(new URL('actions/crash', url), { method: 'POST', headers: given, agent: false });
    request.on('error', () => undefined);
    request.write(NODE);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    request.destroy();
    expect(response.statusCode).toBe(expected);
    expect(done).toEqual([]);
  });

  it.each(['actions/', 'actions/toString', 'actions/constructor', 'actions/crash/crash', 'crash', 'script.js'])(
    'knows no other action: %s',
    async (path) => {
      const url = await start();
      expect((await ask(url, path, FROM_PAGE(url), NODE)).status).toBe(404);
      for (const name of ['toString', '__proto__', '../style.css']) expect((await ask(url, name)).status).toBe(404);
    },
  );

  it('tells every browser of what is shown, and ends at once with all of them', async () => {
    const url = await start();
    const open = async (): Promise<IncomingMessage> => {
      const request = httpRequest(new URL('events', url), { agent: false });
      request.end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      return response.setEncoding('utf8');
    };
    const browsers = await Promise.all([open(), open()]);
    const heard = ['', ''];
    browsers.forEach((browser, place) => {
      browser.on('data', (chunk: string) => (heard[place] += chunk));
      browser.on('error', () => undefined);
    });
    server.show([{ id: 'part', label: 'a part', isCard: false, content: html`<p>${'one\ntwo'}</p>` }]);
    await expect
      .poll(() => heard)
      .toEqual([
        expect.stringContaining('data: {"part":"<p>one\\ntwo</p>"}\n\n'),
        expect.stringContaining('data: {"part":"<p>one\\ntwo</p>"}\n\n'),
      ]);
    const ended = browsers.map((browser) => new Promise((resolve) => browser.once('close', resolve)));
    await server.close();
    await Promise.all(ended);
  });

  it('refuses what is more than a browser or two would need', async () => {
    const url = await start();
    const sockets = Array.from({ length: 33 }, () =>
      connect(Number(url.port), '127.0.0.1')
        .on('error', () => undefined)
        .setEncoding('utf8'),
    );
    const statuses = sockets.map((socket) => {
      socket.write(`GET ${url.pathname}events HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
      return once(socket, 'data').then(([head]) => Number(/ (\d+) /.exec(String(head))?.[1]));
    });
    expect((await Promise.all(statuses)).toSorted((one, other) => one - other)).toEqual([
      ...Array.from({ length: 32 }, () => 200),
      503,
    ]);
    for (const socket of sockets) socket.destroy();
  });
});
