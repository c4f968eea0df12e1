import { afterWorking } from '@sess/working-time';
import { SessClientError } from '../../errors.ts';
import type { StatsSection } from '../transport.ts';
import { quoted } from './error-reply.ts';
import { Handshake } from './handshake.ts';
import type { ListingSettings } from './list-keys.ts';
import { connectionError } from './request-errors.ts';
import { openSocket, sameMachine } from './socket.ts';

/** A pending `stats` request. */
export interface StatsQuestion {
  /**
   * Names and values of the `STAT` lines. Rejects with a `SessClientError` if the node refuses or does not answer in
   * time.
   */
  readonly answer: Promise<ReadonlyMap<string, string>>;
  /** Rejects `answer` with `reason` at once. */
  end(reason: SessClientError): void;
}

/** memcached's longest replies, `items` and `slabs` with all 63 classes, have about 40 kB. */
const MAX_ANSWER_BYTES = 262_144;

/**
 * Asks a node for statistics on a connection of its own: proxies hang up on unknown commands, and that must not fail
 * other requests.
 */
export function askStats(
  { node, options, memory }: ListingSettings,
  section: StatsSection,
  waitMs: number,
): StatsQuestion {
  const command = section === 'general' ? 'stats' : `stats ${section}`;
  // `stats` is the same in both dialects, and proxies hang up on `mn`.
  const handshake = new Handshake(node.id, 'classic', options.credentials);
  const ending = new AbortController();
  const answer = new Promise<ReadonlyMap<string, string>>((resolve, reject) => {
    let greeted = false;
    let said = '';
    const socket = openSocket(sameMachine(node, memory), options, memory, (bytes, length) => {
      try {
        if (greeted) said += bytes.toString('latin1', 0, length);
        else if (handshake.read(bytes.subarray(0, length)) !== undefined) {
          greeted = true;
          socket.write(`${command}\r\n`);
        }
      } catch (error) {
        end(connectionError(node.id, error));
      }
      if (/(?:^|\n)(?:END|RESET)\r?\n$/.test(said)) finish(() => resolve(linesIn(said)));
      else if (/^(?!STAT )[^\n]+\n/.test(said) || said.length > MAX_ANSWER_BYTES) end(refused(node.id, command, said));
      return !socket.destroyed;
    });
    const finish = (settle: () => void): void => {
      cancel();
      socket.destroy();
      settle();
    };
    const end = (reason: SessClientError): void => finish(() => reject(reason));
    ending.signal.addEventListener('abort', () => end(ending.signal.reason as SessClientError));
    const cancel = afterWorking(waitMs, () => end(silent(node.id, command, waitMs, greeted)));
    socket.on(options.tls === false ? 'connect' : 'secureConnect', () => socket.write(handshake.greeting()));
    socket.on('error', (error) => end(connectionError(node.id, error)));
    for (const event of ['end', 'close'])
      socket.on(event, () =>
        end(greeted ? refused(node.id, command, '') : connectionError(node.id, new Error('the node closed it'))),
      );
  });
  return { answer, end: (reason) => ending.abort(reason) };
}

function linesIn(said: string): ReadonlyMap<string, string> {
  return new Map([...said.matchAll(/^STAT (\S+) (.*?)\r?$/gm)].map(([, name = '', value = '']) => [name, value]));
}

function refused(node: string, command: string, said: string): SessClientError {
  const reply = said === '' ? 'it hung up on the question' : quoted(said.split('\n', 1)[0] ?? '', '');
  return new SessClientError('SESS_SERVER', `The node ${node} does not answer "${command}" (${reply}).`, { node });
}

function silent(node: string, command: string, waitMs: number, greeted: boolean): SessClientError {
  return greeted
    ? new SessClientError('SESS_TIMEOUT', `The node ${node} did not answer "${command}" within ${waitMs} ms.`, {
        node,
      })
    : new SessClientError('SESS_CONNECTION', `No connection to ${node} within ${waitMs} ms, greeting included.`, {
        node,
      });
}
