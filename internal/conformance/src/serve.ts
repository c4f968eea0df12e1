import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A running application. */
export interface Served {
  readonly origin: string;
  readonly close: () => Promise<void>;
}

/** Serves a handler on a free port of this machine. */
export async function serve(handle: RequestListener): Promise<Served> {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
