import { addressesOf } from '@sess/discovery';
import { SessClientError } from '../../errors.ts';
import { isPlainObject } from '@sess/discovery';
import { badOption, checkKnown, show } from '../../option-checks.ts';
import type { Transport } from '../transport.ts';
import { TextNode } from './text-node.ts';

export interface TextTransportOptions {
  /**
   * Which form of the text protocol to speak.
   *
   * - `'auto'` (default): asks each node when connecting: meta if the node has it (memcached 1.6.13 and later),
   *   otherwise classic, also if the node hangs up on the question or refuses the meta commands later.
   * - `'meta'`: only meta; rejects with `SESS_PROTOCOL` for a node without it.
   * - `'classic'`: does not ask. For proxies that stay silent on unknown commands, and for those that hang up: saves the
   *   connection that `'auto'` loses there. Reads don't report the remaining time to live.
   */
  readonly dialect?: 'auto' | 'meta' | 'classic';
}

const DIALECTS: readonly unknown[] = ['auto', 'meta', 'classic'];

/**
 * The built-in transport: memcached's text protocol, meta or classic, over one connection per node.
 *
 * Throws `SESS_BAD_OPTION` for an unknown dialect or option.
 */
export function textTransport(options: TextTransportOptions = {}): Transport {
  const given: unknown = options;
  if (!isPlainObject(given))
    throw badOption(`textTransport takes an object such as { dialect: 'classic' }; got ${show(given)}.`);
  checkKnown(options, ['dialect']);
  const dialect = options.dialect ?? 'auto';
  if (!DIALECTS.includes(dialect)) {
    throw new SessClientError(
      'SESS_BAD_OPTION',
      `\`dialect\` is 'auto', 'meta' or 'classic'; got ${dialect as string}.`,
    );
  }
  return {
    name: 'text',
    open: (node, transportOptions, events) => new TextNode(node, transportOptions, dialect, events),
    addressesOf,
  };
}
