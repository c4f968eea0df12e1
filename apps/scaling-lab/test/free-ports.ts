import { isListening } from '@sess/loopback';

/**
 * The first of two consecutive free ports. The search starts at a port that depends on the process, so that concurrent
 * test files do not pick the same ports.
 */
export async function twoFreePorts(): Promise<number> {
  for (let port = 20_000 + 2 * (process.pid % 5_000); ; port += 2) {
    if (!(await isListening(port)) && !(await isListening(port + 1))) return port;
  }
}
