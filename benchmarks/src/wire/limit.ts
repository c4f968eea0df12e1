/**
 * The limit: a loop that writes prepared meta commands and only counts the bytes of the replies, without hashing,
 * promises, parsing or copies. Each batch is one write, and ends when the bytes of all its replies have arrived.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { KEY_COUNT, keys, type Cell, type Measurement } from './cell.ts';
import { TTL_SECONDS } from './contender.ts';
import { measure } from './drive.ts';

const BATCHES = 32;

interface Lane {
  readonly socket: Socket;
  readonly batches: readonly Buffer[];
  /** Size of all replies to a batch, in bytes. */
  readonly replyBytes: number;
  readonly size: number;
}

export async function limit(cell: Cell, servers: readonly string[], milliseconds: number): Promise<Measurement> {
  const lanes = await Promise.all(
    servers.map((server, index) => open(server, cell, share(cell.inFlight, servers.length, index))),
  );
  let settled = 0;
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const end = begin + milliseconds;
  await Promise.all(
    lanes
      .filter((lane) => lane.size > 0)
      .map(
        (lane) =>
          new Promise<void>((resolve) => {
            let batch = 0;
            let pending = 0;
            const write = (): void => {
              pending = lane.replyBytes;
              lane.socket.write(lane.batches[batch++ % BATCHES] ?? '');
            };
            lane.socket.on('data', (chunk) => {
              pending -= chunk.length;
              if (pending > 0) return;
              settled += lane.size;
              if (performance.now() < end) write();
              else resolve();
            });
            write();
          }),
      ),
  );
  const found = measure(settled, begin, cpu);
  for (const lane of lanes) lane.socket.destroy();
  return found;
}

function share(total: number, parts: number, index: number): number {
  return Math.floor(total / parts) + (index < total % parts ? 1 : 0);
}

async function open(server: string, cell: Cell, size: number): Promise<Lane> {
  const [host = '', port = ''] = server.split(':');
  const socket = connect({ host, port: Number(port), noDelay: true });
  await once(socket, 'connect');
  const value = Buffer.alloc(cell.valueBytes, 'v');
  const all = keys('limit');
  const store = (key: string): Buffer =>
    Buffer.concat([Buffer.from(`ms ${key} ${value.length} T${TTL_SECONDS}\r\n`), value, Buffer.from('\r\n')]);
  const request = (key: string): Buffer => (cell.operation === 'get' ? Buffer.from(`mg ${key} v\r\n`) : store(key));
  // Stores the keys on every node, so that the loop needs no routing.
  for (let from = 0; from < KEY_COUNT; from += 100) {
    const some = all.slice(from, from + 100);
    socket.write(Buffer.concat(some.map(store)));
    await skim(socket, some.length * 'HD\r\n'.length);
  }
  const reply = cell.operation === 'get' ? `VA ${value.length}\r\n`.length + value.length + 2 : 'HD\r\n'.length;
  const batches = Array.from({ length: BATCHES }, (_, batch) =>
    Buffer.concat(Array.from({ length: size }, (__, index) => request(all[(batch * size + index) % KEY_COUNT] ?? ''))),
  );
  return { socket, batches, replyBytes: reply * size, size };
}

function skim(socket: Socket, bytes: number): Promise<void> {
  return new Promise((resolve) => {
    let pending = bytes;
    const data = (chunk: Buffer): void => {
      pending -= chunk.length;
      if (pending > 0) return;
      socket.off('data', data);
      resolve();
    };
    socket.on('data', data);
  });
}
