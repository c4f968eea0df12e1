import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { ListenError, urlOf, type ListenOptions, type RunningApp } from '@sess/demo-app';
import type { ClosableKoa } from './app.ts';

/** Rejects with a `ListenError` if the address is not available, and then closes the app. */
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
 * Milliseconds between two searches for idle connections: kept alive, they would delay the server's close for seconds.
 */
const SWEEP_EVERY_MS = 50;

/** Closes the sessions after the last request. */
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
