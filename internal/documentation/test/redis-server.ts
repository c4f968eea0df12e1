import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * A Redis of its own, which keeps nothing on disk. It can't take whichever port is free, so it listens on a Unix socket,
 * and a door in this process on the port.
 */
export class RedisServer {
  readonly url: string;
  readonly #folder: string;
  readonly #process: ChildProcess;
  readonly #door: Server;
  readonly #visitors: ReadonlySet<Socket>;

  private constructor(folder: string, running: ChildProcess, door: Server, visitors: ReadonlySet<Socket>) {
    this.#folder = folder;
    this.#process = running;
    this.#door = door;
    this.#visitors = visitors;
    this.url = `redis://127.0.0.1:${(door.address() as AddressInfo).port}`;
  }

  static async start(): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'sess-redis-'));
    const path = join(folder, 'redis.sock');
    const running = await startRedis(folder, path);
    const visitors = new Set<Socket>();
    const door = createServer((visitor) => {
      const redis = connect(path);
      for (const socket of [visitor, redis]) {
        visitors.add(socket);
        socket.on('error', () => undefined).on('close', () => void (visitor.destroy(), redis.destroy()));
      }
      visitor.pipe(redis).pipe(visitor);
    }).listen(0, '127.0.0.1');
    await once(door, 'listening');
    return new RedisServer(folder, running, door, visitors);
  }

  async close(): Promise<void> {
    this.#door.close();
    for (const visitor of this.#visitors) visitor.destroy();
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function startRedis(folder: string, path: string): Promise<ChildProcess> {
  const args = ['--port', '0', '--unixsocket', path, '--dir', folder, '--save', '', '--appendonly', 'no'];
  const running = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface({ input: running.stdout }))
    if (line.includes('ready to accept connections')) return running;
  throw new Error('redis-server ended before it took connections');
}
