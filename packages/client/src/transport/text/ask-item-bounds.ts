import { afterWorking } from '@sess/working-time';
import { itemBoundsIn, type ItemBounds } from '../item-bounds.ts';
import { Handshake } from './handshake.ts';
import type { ListingSettings } from './list-keys.ts';
import { openSocket } from './socket.ts';

export interface Asking {
  /** `undefined` where the node does not tell, or not in time. Never rejects. */
  readonly answer: Promise<ItemBounds | undefined>;
  /** Ends it at once. */
  end(): void;
}

/** Part of `timeoutMs`: the rest is for the request that waits. */
const PATIENCE = 0.5;
/** memcached's settings take about 2 kB. */
const MAX_ANSWER_BYTES = 65_536;

/** Asks a node for its settings, on a connection of its own. */
export function askItemBounds({ node, options, tlsMemory }: ListingSettings): Asking {
  // The question is the same in both dialects, and proxies hang up on the one for meta.
  const handshake = new Handshake(node.id, 'classic', options.credentials);
  const ending = new AbortController();
  let greeted = false;
  let said = '';
  const answer = new Promise<ItemBounds | undefined>((resolve) => {
    const socket = openSocket(node, options.tls, tlsMemory, (bytes, length) => {
      try {
        if (greeted) said += bytes.toString('latin1', 0, length);
        else if (handshake.read(bytes.subarray(0, length)) !== undefined) {
          greeted = true;
          socket.write('stats settings\r\n');
        }
      } catch {
        giveUp();
      }
      if (/(?:^|\n)END\r?\n$/.test(said)) settle(itemBoundsIn(settingsIn(said)));
      else if (/^(?!STAT )[^\n]+\n/.test(said) || said.length > MAX_ANSWER_BYTES) giveUp();
      return !socket.destroyed;
    });
    const settle = (bounds: ItemBounds | undefined): void => {
      cancel();
      socket.destroy();
      resolve(bounds);
    };
    const giveUp = (): void => settle(undefined);
    const cancel = afterWorking(Math.min(options.connectTimeoutMs, PATIENCE * options.timeoutMs), giveUp);
    socket.on(options.tls === false ? 'connect' : 'secureConnect', () => socket.write(handshake.greeting()));
    for (const event of ['error', 'end', 'close']) socket.on(event, giveUp);
    ending.signal.addEventListener('abort', giveUp);
  });
  return { answer, end: () => ending.abort() };
}

function settingsIn(said: string): ReadonlyMap<string, string> {
  return new Map([...said.matchAll(/^STAT (\S+) (\S*)\r?$/gm)].map(([, name = '', value = '']) => [name, value]));
}
