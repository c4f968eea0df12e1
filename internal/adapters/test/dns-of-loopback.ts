import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** An answer with one address: name of the question, A, IN, 5 seconds, 127.0.0.1. */
const LOOPBACK = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 127, 0, 0, 1]);

/** A DNS server that knows every name, and says that it is this machine. */
export async function dnsOfLoopback(): Promise<{ readonly address: string; readonly close: () => void }> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const questionEnds = query.indexOf(0, 12) + 5;
    const header = Buffer.from([...query.subarray(0, 2), 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
    socket.send(Buffer.concat([header, query.subarray(12, questionEnds), LOOPBACK]), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { address: `127.0.0.1:${socket.address().port}`, close: () => socket.close() };
}
