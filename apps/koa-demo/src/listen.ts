import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { ListenError, urlOf, type ListenOptions, type RunningApp } from '@sess/demo-app';
import type { ClosableKoa } from './app.ts';

/** @throws {ListenError} (as a rejection) when the address can't be had; the app is closed then. */
export async function listen(app: ClosableKoa, { host, port }: ListenOptions): Promise<RunningApp> {
  const answer = app.callback();
  const server = createServer((request, response) => void answer(request, response));
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    await app.close();
    throw new ListenError(host, port, cause);
  }
  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  return { port: taken, url: urlOf({ host, port: taken }), close: () => close(app, server) };
}

/**
 * Milliseconds between two looks for connections that have had their answer: kept alive, they would hold the server
 * open for seconds.
 */
const SWEEP_EVERY_MS = 50;

/** The sessions end with the last request. */
async function close(app: ClosableKoa, server: Server): Promise<void> {
  if (server.listening) await closeServer(server);
  await app.close();
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_EVERY_MS);
  await closed;
  clearInterval(sweep);
}
