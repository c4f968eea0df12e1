import { randomInt } from 'node:crypto';
import { LocalClusterError } from '../errors.ts';

/**
 * Nodes keep their port while they are down. The system could give an ephemeral port to any outgoing connection
 * meanwhile, even to one that tries to reach the crashed node (TCP then connects to itself). So nodes use ports below
 * the ephemeral range of Linux (from 32768) and of macOS and Windows (from 49152).
 */
const LOWEST = 15_000;
const HIGHEST = 32_767;
const ATTEMPTS = 50;

/** Calls `start` with random ports until one is free. Retries only after `SESS_PORT_IN_USE`. */
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
