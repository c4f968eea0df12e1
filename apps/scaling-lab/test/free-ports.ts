import { once } from 'node:events';
import { createServer } from 'node:net';

/** Whether `port` is free now. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  const free = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  server.close();
  return free;
}

/**
 * The first of two consecutive free ports. The search starts at a port that depends on the process, so that concurrent
 * test files do not pick the same ports.
 */
export async function twoFreePorts(): Promise<number> {
  for (let port = 20_000 + 2 * (process.pid % 5_000); ; port += 2) {
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
}
