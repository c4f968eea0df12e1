import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { ListenError, urlOf, type ListenOptions, type RunningApp } from '@sess/demo-app';
import type Koa from 'koa';

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
  return { port: taken, url: urlOf({ host, port: taken }), close: () => close(server) };
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
