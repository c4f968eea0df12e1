import { once } from 'node:events';
import { createServer } from 'node:net';

/** Whether `port` is free right now. */
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
 * The first of two free ports in a row. Where it looks depends on the process: test files that run at once never look
 * at the same ones first.
 */
export async function twoFreePorts(): Promise<number> {
  for (let port = 20_000 + 2 * (process.pid % 5_000); ; port += 2) {
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
}
