import { once } from 'node:events';
import { connect } from 'node:net';
import { fullCart, type Cart } from './cart.ts';

const KEY = 'limit/cart';
const COMMAND = `mg ${KEY} v\r\n`;

/**
 * The least that any session in memcached costs: one prepared get over a bare socket, one write for all requests of a
 * turn, and the value parsed. No keys, no cookies, no checks, no errors, no second node.
 */
export async function rawGet(memcached: string): Promise<() => Promise<Cart>> {
  const [host = '', port = ''] = memcached.split(':');
  const socket = connect({ host, port: Number(port), noDelay: true });
  await once(socket, 'connect');
  const value = Buffer.from(JSON.stringify(fullCart()));
  const header = `VA ${value.length}\r\n`.length;
  const reply = header + value.length + 2;
  socket.write(`ms ${KEY} ${value.length}\r\n${value.toString()}\r\n`);
  await once(socket, 'data');

  const waiting: ((cart: Cart) => void)[] = [];
  let begun: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    const bytes = begun.length === 0 ? chunk : Buffer.concat([begun, chunk]);
    let at = 0;
    for (; at + reply <= bytes.length; at += reply) {
      waiting.shift()?.(JSON.parse(bytes.toString('utf8', at + header, at + header + value.length)) as Cart);
    }
    begun = bytes.subarray(at);
  });

  let unsent = 0;
  const flush = (): void => {
    socket.write(COMMAND.repeat(unsent));
    unsent = 0;
  };
  return () => {
    if (unsent === 0) setImmediate(flush);
    unsent += 1;
    return new Promise((resolve) => waiting.push(resolve));
  };
}
