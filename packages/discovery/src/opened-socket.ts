import { Socket } from 'node:net';

/**
 * The socket of `open`. Node.js throws at once for options that it can't use; here, the connection fails instead, like
 * any other.
 */
export function openedSocket(open: () => Socket): Socket {
  try {
    return open();
  } catch (error) {
    return new Socket().destroy(error instanceof Error ? error : new Error(String(error)));
  }
}
