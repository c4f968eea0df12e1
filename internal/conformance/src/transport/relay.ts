import type { Socket } from 'node:net';
import { TcpProxy } from '@sess/loopback';

/** Handles a node's reply: forwards it to the client, or does something else. */
export type ReplyHandler = (bytes: Buffer, client: Socket) => void;

/** A proxy between a transport and a node: counts sent bytes, and can cut, hold or split replies. */
export class Relay extends TcpProxy {
  /** Bytes that clients have sent so far, over all connections. */
  bytesSent = 0;
  /** Handles replies. Default: forwards them unchanged. */
  onReply: ReplyHandler = (bytes, client) => void client.write(bytes);

  constructor(port: number) {
    super(port, (_, to, side) => (bytes) => {
      if (side === 'server') this.onReply(bytes, to);
      else {
        this.bytesSent += bytes.length;
        to.write(bytes);
      }
    });
  }

  /** Closes every connection, on both sides. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Resolves when no connection is left. */
  async idle(): Promise<void> {
    for (const socket of this.sockets) await new Promise((resolve) => socket.once('close', resolve));
  }
}

/** Forwards replies in pieces of the given sizes, repeated, each in its own write and turn of the event loop. */
export function inPieces(sizes: readonly number[]): ReplyHandler {
  const queues = new WeakMap<Socket, Promise<void>>();
  let turn = 0;
  const send = async (bytes: Buffer, client: Socket): Promise<void> => {
    for (let start = 0; start < bytes.length && !client.destroyed; turn += 1) {
      const end = start + (sizes[turn % sizes.length] ?? bytes.length);
      const piece = bytes.subarray(start, end);
      await new Promise<void>((resolve) => void client.write(piece, () => setImmediate(resolve)));
      start = end;
    }
  };
  return (bytes, client) => {
    const before = queues.get(client) ?? Promise.resolve();
    queues.set(
      client,
      before.then(() => send(bytes, client)),
    );
  };
}
