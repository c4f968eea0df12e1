import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A running application. */
export interface Served {
  readonly origin: string;
  readonly close: () => Promise<void>;
  /** Accepts no more connections, and resolves when those that are open have ended. */
  readonly end: () => Promise<void>;
}

/** Serves a handler on a free port of this machine. */
export async function serve(handle: RequestListener): Promise<Served> {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const end = async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return end();
  };
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close, end };
}
