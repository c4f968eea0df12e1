import { once } from 'node:events';
import { connect } from 'node:net';
import { fullCart, type Cart } from './cart.ts';

const KEY = 'limit/cart';

/**
 * The least work for a page with a session in memcached: sends one prepared get over a bare socket, with one write for
 * all requests of a turn, and parses the value. No keys, cookies, checks, errors or second node.
 */
export async function rawGet(memcached: string): Promise<() => Promise<Cart>> {
  const value = JSON.stringify(fullCart());
  await (
    await rawCommand(memcached, `ms ${KEY} ${value.length}\r\n${value}\r\n`, 'HD\r\n'.length)
  )();
  const header = `VA ${value.length}\r\n`.length;
  const get = await rawCommand(memcached, `mg ${KEY} v\r\n`, header + value.length + 2);
  return async () => JSON.parse((await get()).toString('utf8', header, header + value.length)) as Cart;
}

/**
 * The least work for a login: sends one prepared set of a session with a user in the same way, and awaits the reply.
 */
export async function rawSet(memcached: string): Promise<() => Promise<unknown>> {
  const value = JSON.stringify({ user: 'USER_123' });
  return rawCommand(memcached, `ms limit/login ${value.length} T3600\r\n${value}\r\n`, 'HD\r\n'.length);
}

/** Returns a function that sends the command, and resolves to its reply, which always has `replyBytes` bytes. */
async function rawCommand(memcached: string, command: string, replyBytes: number): Promise<() => Promise<Buffer>> {
  const [host = '', port = ''] = memcached.split(':');
  const socket = connect({ host, port: Number(port), noDelay: true });
  await once(socket, 'connect');

  const waiting: ((reply: Buffer) => void)[] = [];
  let begun: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    const bytes = begun.length === 0 ? chunk : Buffer.concat([begun, chunk]);
    let at = 0;
    for (; at + replyBytes <= bytes.length; at += replyBytes) waiting.shift()?.(bytes.subarray(at, at + replyBytes));
    begun = bytes.subarray(at);
  });

  let unsent = 0;
  const flush = (): void => {
    socket.write(command.repeat(unsent));
    unsent = 0;
  };
  return () => {
    if (unsent === 0) setImmediate(flush);
    unsent += 1;
    return new Promise((resolve) => waiting.push(resolve));
  };
}
