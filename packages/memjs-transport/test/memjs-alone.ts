import type { Socket } from 'node:net';
import { Client, type ServerOptions } from 'memjs';
import type { ScriptedNode } from './scripted-node.ts';

/** memjs as its users use it, but for the log, and with one try. */
export function memjsClient(node: ScriptedNode, options: ServerOptions = {}): Client {
  return Client.create(`127.0.0.1:${node.port}`, {
    retries: 1,
    timeout: 5,
    logger: { log: () => undefined },
    ...options,
  });
}

/** Resolves when the socket that memjs has made with its first request is closed, with or without an error. */
export function socketClosed(client: Client): Promise<void> {
  const server = client.servers[0] as unknown as Record<'_socket', Socket>;
  return new Promise((resolve) => {
    server['_socket'].once('close', () => resolve());
  });
}
