import { addressesOf, isPlainObject } from '@sess/discovery';
import { badOption, checkKnown, readable, show } from '../../option-checks.ts';
import type { Transport } from '../transport.ts';
import type { DialectName } from './handshake.ts';
import { TextNode } from './text-node.ts';

export interface TextTransportOptions {
  /**
   * Which form of the text protocol to speak.
   *
   * - `'auto'` (default): asks each node when connecting: meta if the node has it (memcached 1.6.13 and later),
   *   otherwise classic, also if the node hangs up on the question, refuses the meta commands later, or hangs up on them
   *   twice.
   * - `'meta'`: only meta; rejects with `SESS_PROTOCOL` for a node without it.
   * - `'classic'`: does not ask. For proxies that stay silent on unknown commands, and for those that hang up: saves the
   *   connection that `'auto'` loses there. Reads don't report the remaining time to live.
   */
  readonly dialect?: 'auto' | 'meta' | 'classic';
}

const DIALECTS: readonly ('auto' | DialectName)[] = ['auto', 'meta', 'classic'];

/**
 * The built-in transport: memcached's text protocol, meta or classic, over one connection per node.
 *
 * Throws `SESS_BAD_OPTION` for an unknown dialect or option.
 */
export function textTransport(options: TextTransportOptions = {}): Transport {
  const dialect = readable(() => dialectOf(options));
  return {
    name: 'text',
    open: (node, transportOptions, events) => new TextNode(node, transportOptions, dialect, events),
    addressesOf,
  };
}

function dialectOf(options: unknown): 'auto' | DialectName {
  if (!isPlainObject(options))
    throw badOption(`textTransport takes an object such as { dialect: 'classic' }; got ${show(options)}.`);
  checkKnown(options, ['dialect']);
  const { dialect = 'auto' } = options;
  const found = DIALECTS.find((known) => known === dialect);
  if (found !== undefined) return found;
  const came = typeof dialect === 'string' && /^\w{1,12}$/.test(dialect) ? dialect : show(dialect);
  throw badOption(`\`dialect\` is 'auto', 'meta' or 'classic'; got ${came}.`);
}
