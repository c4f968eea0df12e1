import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

import { LocalClusterError } from '../errors.ts';

const ATTEMPTS = 50;

/**
 * An address of 127.0.0.0/8 for each start of a node, so that a replaced node keeps its name and port and gets another
 * address.
 */
function randomLoopbackAddress(): string {
  return `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;
}

/** Calls `start` with random addresses until the port is free on one. */
export async function onFreeAddress<T>(start: (host: string) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(randomLoopbackAddress());
    } catch (error) {
      const isInUse = LocalClusterError.is(error) && error.code === 'SESS_PORT_IN_USE';
      if (!isInUse || attempt === ATTEMPTS) throw error;
    }
  }
}

/**
 * Checks that addresses other than 127.0.0.1 work: Linux and Windows have all of 127.0.0.0/8, macOS only 127.0.0.1.
 *
 * @throws LocalClusterError `SESS_NO_RUNTIME`
 */
export async function requireLoopbackNetwork(): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.on('error', reject);
      server.listen({ host: randomLoopbackAddress(), port: 0 }, resolve);
    });
  } catch (error) {
    throw new LocalClusterError(
      'SESS_NO_RUNTIME',
      'the stand-in for ElastiCache gives every node an address of 127.0.0.0/8, and this machine has 127.0.0.1 alone; run it on Linux, or in a container',
      error,
    );
  } finally {
    server.close();
  }
}
