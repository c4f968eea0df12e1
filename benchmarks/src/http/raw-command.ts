import { once } from 'node:events';
import { connect } from 'node:net';
import { fullCart, type Cart } from './cart.ts';

const KEY = 'limit/cart';

/**
 * The least that any session in memcached costs a page: one prepared get over a bare socket, one write for all requests
 * of a turn, and the value parsed. No keys, no cookies, no checks, no errors, no second node.
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

/** The least that a login costs: one prepared set of a session that holds a user, sent and waited for in the same way. */
export async function rawSet(memcached: string): Promise<() => Promise<unknown>> {
  const value = JSON.stringify({ user: 'USER_123' });
  return rawCommand(memcached, `ms limit/login ${value.length} T3600\r\n${value}\r\n`, 'HD\r\n'.length);
}

/** Sends the command as often as it is called. Resolves with its reply, which always has the same length. */
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
