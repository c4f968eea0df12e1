/** Counts the bytes that the sockets of this process read and write, from the import of this module on. */
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

const sockets = new Set<Socket>();
let closedBytes = 0;
subscribe('net.client.socket', (message) => {
  const { socket } = message as { readonly socket: Socket };
  sockets.add(socket);
  socket.once('close', () => {
    sockets.delete(socket);
    closedBytes += bytesOf(socket);
  });
});

export function openSockets(): number {
  return sockets.size;
}

export function socketBytes(): number {
  return [...sockets].reduce((sum, socket) => sum + bytesOf(socket), closedBytes);
}

function bytesOf(socket: Socket): number {
  return socket.bytesRead + socket.bytesWritten;
}
