/** The page, on this machine only. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { ICON, pageDocument, type PageText, type Panel } from '../page/document.ts';
import { browserScript } from '../page/script.ts';
import { STYLE } from '../page/style.ts';
import { EventStream } from './event-stream.ts';
import { admitted, newToken } from './guard.ts';

export interface PageServerOptions {
  readonly page: PageText;
  /** 0: any free one. */
  readonly port: number;
  /** Further CSS rules, after those of the page. */
  readonly style?: string | undefined;
  /** Actions of the buttons, by name; each resolves to a sentence for people. */
  readonly actions?: PageActions | undefined;
}

export type PageActions = Readonly<Record<string, (node: string | undefined) => Promise<string>>>;

const MOST_CONNECTIONS = 128;
const MOST_BODY_BYTES = 1_024;
const REQUEST_TIMEOUT_MS = 10_000;

/** Allows nothing from other origins, no inline script or style, no frame, no form, no referrer. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** A page that shows the last given content in every connected browser. */
export class PageServer {
  /** Contains the token that gives access to the page. */
  readonly url: string;
  readonly #server: Server;
  readonly #options: PageServerOptions;
  readonly #token: string;
  readonly #stream = new EventStream();
  #panels: readonly Panel[] = [];

  private constructor(server: Server, token: string, options: PageServerOptions) {
    this.#server = server;
    this.#token = token;
    this.#options = options;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${token}/`;
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  /** Resolves when it listens. Rejects if the port is in use. */
  static async start(options: PageServerOptions): Promise<PageServer> {
    const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS });
    server.maxConnections = MOST_CONNECTIONS;
    server.listen(options.port, '127.0.0.1');
    await once(server, 'listening');
    return new PageServer(server, newToken(), options);
  }

  show(panels: readonly Panel[]): void {
    this.#panels = panels;
    if (this.#stream.size > 0) this.#stream.send(asData(panels));
  }

  /** Ends every connection at once. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    // The browser has disconnected.
    response.on('error', () => undefined);
    const path = admitted(request, this.#token);
    if (typeof path !== 'string') return say(response, path.status, path.message);
    if (request.method === 'POST') return this.#act(path, request, response);
    if (request.method !== 'GET') return say(response, 405, 'Expected GET.');
    if (path === 'events') {
      if (!this.#stream.add(response, asData(this.#panels)))
        say(response, 503, 'Too many browsers look at this page: close some.');
      return;
    }
    const file = this.#files[path];
    if (file === undefined || !Object.hasOwn(this.#files, path)) return say(response, 404, 'There is nothing here.');
    response.writeHead(200, { 'content-type': file.type }).end(file.content());
  }

  readonly #files: Readonly<Record<string, { readonly type: string; readonly content: () => string }>> = {
    '': { type: 'text/html; charset=utf-8', content: () => pageDocument(this.#options.page, this.#panels) },
    'script.js': { type: 'text/javascript; charset=utf-8', content: () => `(${browserScript.toString()})();\n` },
    'style.css': { type: 'text/css; charset=utf-8', content: () => `${STYLE}${this.#options.style ?? ''}` },
    'icon.svg': { type: 'image/svg+xml', content: () => ICON },
  };

  async #act(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { actions = {} } = this.#options;
    const [folder, name = '', ...rest] = path.split('/');
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (folder !== 'actions' || rest.length > 0 || action === undefined)
      return say(response, 404, 'There is no such action.');
    try {
      say(response, 200, await action(await nodeIn(request)));
    } catch (error) {
      say(response, 409, error instanceof Error ? error.message : String(error));
    }
  }
}

/** The markup of each panel, by its id. */
function asData(panels: readonly Panel[]): string {
  return JSON.stringify(Object.fromEntries(panels.map(({ id, content }) => [id, content.markup])));
}

function say(response: ServerResponse, status: number, sentence: string): void {
  // Does not wait for the rest of the request.
  if (status >= 400) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(sentence);
}

/** The node that the body names. */
async function nodeIn(request: IncomingMessage): Promise<string | undefined> {
  if (!(Number(request.headers['content-length']) <= MOST_BODY_BYTES)) throw new Error('Expected a short JSON body.');
  const body: unknown = JSON.parse(await text(request));
  const node = typeof body === 'object' && body !== null && 'node' in body ? body.node : undefined;
  return typeof node === 'string' ? node : undefined;
}
