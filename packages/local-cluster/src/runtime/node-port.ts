import { randomInt } from 'node:crypto';
import { LocalClusterError } from '../errors.ts';

/**
 * Nodes keep their port while they are down. A port that the system hands out by itself could meanwhile go to any
 * outgoing connection, even to the one that is trying to reach the crashed node (TCP connects to itself then). So nodes
 * take ports from below the ephemeral range of Linux (from 32768) and of macOS and Windows (from 49152).
 */
const LOWEST = 15_000;
const HIGHEST = 32_767;
const ATTEMPTS = 50;

/** Calls `start` with ports until one is free. Only `SESS_PORT_IN_USE` leads to another attempt. */
export async function onFreePort<T>(start: (port: number) => Promise<T>, pick: () => number = randomPort): Promise<T> {
  let last: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      return await start(pick());
    } catch (error) {
      if (!LocalClusterError.is(error) || error.code !== 'SESS_PORT_IN_USE') throw error;
      last = error;
    }
  }
  throw new LocalClusterError(
    'SESS_START_FAILED',
    `no free port for a node: ${ATTEMPTS} attempts between ${LOWEST} and ${HIGHEST} found each in use; stop what listens there`,
    last,
  );
}

function randomPort(): number {
  return randomInt(LOWEST, HIGHEST + 1);
}
