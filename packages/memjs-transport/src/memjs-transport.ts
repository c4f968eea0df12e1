import type { Transport } from '@sess/client';
import { MemjsNode } from './memjs-node.ts';
import { OpaqueSequence } from './opaque-sequence.ts';
import { resolveReconnect, type MemjsTransportOptions } from './options.ts';

/**
 * Speaks to memcached through memjs: binary protocol, with SASL (`PLAIN`) where the client has credentials, over TCP,
 * TLS or a Unix socket.
 *
 * For servers that want SASL or the binary protocol. Where the text protocol will do, the built-in transport is the
 * better choice: it can tell the remaining time to live, and memcached's authors go on with it.
 *
 * @throws SessClientError `SESS_BAD_OPTION`
 */
export function memjsTransport(options: MemjsTransportOptions = {}): Transport {
  const reconnect = resolveReconnect(options);
  return {
    name: 'memjs',
    open: (node, nodeOptions, events) =>
      new MemjsNode(node, nodeOptions, events, { reconnect, random: Math.random, opaques: new OpaqueSequence() }),
  };
}
