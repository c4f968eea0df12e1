import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { setTimeout as pause } from 'node:timers/promises';
import type { NodeSettings } from '../options.ts';
import type { NodeAddress } from './node-runner.ts';

/** A node's reply to `stats`. */
export interface ProbeAnswer {
  /** `STAT pid`: distinguishes the started node from another server on the port. */
  readonly pid: number;
  /** `STAT version`. */
  readonly version: string;
}

/** How to connect to a node. */
type ProbeSettings = Pick<NodeSettings, 'tls' | 'credentials'>;

/**
 * Milliseconds without an answer after which the probe is repeated: a running node answers at once after it accepts a
 * connection.
 */
const ANSWER_MS = 2_000;

/**
 * Asks one node for its `stats`, once. Rejects if `signal` fires, or the node does not answer in time or not like
 * memcached.
 */
function probeNode({ host, port }: NodeAddress, settings: ProbeSettings, signal: AbortSignal): Promise<ProbeAnswer> {
  return new Promise((resolve, reject) => {
    // A probe of a local node need not trust its certificate.
    const socket: Socket = settings.tls
      ? connectTls({ port, host, rejectUnauthorized: false })
      : connect({ port, host });
    const giveUp = (): void => void socket.destroy(new Error(`${host}:${port} did not answer`));
    const timer = setTimeout(giveUp, ANSWER_MS);
    signal.addEventListener('abort', giveUp);
    let text = '';
    socket.setEncoding('latin1');
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      reject(new Error(`${host}:${port} closed the connection after ${JSON.stringify(text.slice(0, 100))}`));
    });
    socket.on('data', (chunk: string) => {
      text += chunk;
      const answer = parseStats(text);
      if (answer === undefined) return;
      resolve(answer);
      socket.end('quit\r\n');
    });
    if (settings.credentials) {
      const secret = `${settings.credentials.username} ${settings.credentials.password}`;
      socket.write(`set auth 0 0 ${secret.length}\r\n${secret}\r\n`);
    }
    socket.write('stats\r\n');
  });
}

/** Probes until the node answers and `accept` returns true. Rejects with the last failure if `signal` fires. */
export async function untilAnswering(
  address: NodeAddress,
  settings: ProbeSettings,
  signal: AbortSignal,
  accept: (answer: ProbeAnswer) => boolean = () => true,
): Promise<void> {
  for (let waitMs = 5; ; waitMs = Math.min(waitMs * 2, 100)) {
    let failure: unknown;
    try {
      if (accept(await probeNode(address, settings, signal))) return;
      failure = new Error(`another server answers on ${address.host}:${address.port}`);
    } catch (error) {
      failure = error;
    }
    if (signal.aborted) throw failure;
    await pause(waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw failure;
  }
}

function parseStats(text: string): ProbeAnswer | undefined {
  if (!text.endsWith('END\r\n')) return undefined;
  const pid = /STAT pid (\d+)\r\n/.exec(text)?.[1];
  const version = /STAT version (\S+)\r\n/.exec(text)?.[1];
  return pid === undefined || version === undefined ? undefined : { pid: Number(pid), version };
}
