import { once } from 'node:events';
import { connect } from 'node:net';

/** The counters of a memcached node, by the names of `stats`. */
export async function nodeStats({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<ReadonlyMap<string, number>> {
  const socket = connect({ host, port }).setEncoding('latin1');
  try {
    await once(socket, 'connect');
    socket.write('stats\r\n');
    let reply = '';
    while (!reply.endsWith('END\r\n')) reply += String((await once(socket, 'data'))[0]);
    return new Map([...reply.matchAll(/^STAT (\S+) (\d+)\r$/gm)].map(([, name = '', value]) => [name, Number(value)]));
  } finally {
    socket.destroy();
  }
}
