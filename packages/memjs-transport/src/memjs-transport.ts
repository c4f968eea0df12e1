import { addressesOf, type Transport } from '@sess/client';
import { MemjsNode } from './memjs-node.ts';
import { OpaqueSequence } from './opaque-sequence.ts';
import { resolveReconnect, type MemjsTransportOptions } from './options.ts';

/**
 * A transport over memjs: binary protocol, with SASL (`PLAIN`) if the client has credentials, over TCP, TLS or a Unix
 * socket.
 *
 * For servers that require SASL or the binary protocol. Otherwise prefer the built-in transport: the text protocol
 * returns the remaining time to live, and memcached's authors still develop it.
 *
 * @throws SessClientError `SESS_BAD_OPTION`
 */
export function memjsTransport(options: MemjsTransportOptions = {}): Transport {
  const reconnect = resolveReconnect(options);
  return {
    name: 'memjs',
    open: (node, nodeOptions, events) =>
      new MemjsNode(node, nodeOptions, events, { reconnect, random: Math.random, opaques: new OpaqueSequence() }),
    addressesOf,
  };
}
