import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type Koa from 'koa';
import { ListenError } from './listen-error.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** An app that takes requests. */
export interface RunningApp {
  /** The port that it listens on. */
  readonly port: number;
  readonly url: string;
  /** Takes no more requests and resolves when those under way are answered. */
  close(): Promise<void>;
}

/** @throws {ListenError} (as a rejection) when the address can't be had. */
export async function listen(app: Koa, { host, port }: ListenOptions): Promise<RunningApp> {
  const answer = app.callback();
  const server = createServer((request, response) => void answer(request, response));
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    throw new ListenError(host, port, cause);
  }
  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  return { port: taken, url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`, close: () => close(server) };
}

/** Milliseconds between two looks for connections that have had their answer: kept alive, they would hold the server open for seconds. */
const SWEEP_EVERY_MS = 50;

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_EVERY_MS);
  await closed;
  clearInterval(sweep);
}
