import {
  connect as connectTcp,
  type IpcNetConnectOpts,
  type OnReadOpts,
  type Socket,
  type TcpNetConnectOpts,
} from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { openedSocket, sharedLookup, tlsIdentity } from '@sess/discovery';
import type { TransportNode, TransportOptions } from '../transport.ts';

/** Size of the read buffer, which all reads of a socket share. */
export const READ_BYTES: number = 128 * 1024;
const KEEP_ALIVE_MS = 15_000;

/** What connections to one node share. */
export interface ConnectionMemory {
  /** The TLS session, which the next handshake with the node resumes. */
  session: Buffer | undefined;
  /** Whether the node has greeted before: then it is configured as the options say. */
  hasGreeted: boolean;
  /** Address of the machine that the node's connection is connected to; `undefined` without a connection. */
  readonly address: () => string | undefined;
}

/**
 * The target of a further connection to the machine of the node's connection. The name may resolve to another machine
 * by now, or not resolve, such as the name of a pod that is not ready.
 */
export function sameMachine(node: TransportNode, memory: ConnectionMemory): TransportNode {
  const address = memory.address();
  return address === undefined ? node : { ...node, address };
}

/**
 * Connects to `node`. Every read calls `onRead` with the same buffer and the number of bytes in it; the next read
 * overwrites it.
 *
 * TLS certificates are checked against the node's host name, not its address.
 */
export function openSocket(
  node: TransportNode,
  { tls, credentials }: TransportOptions,
  memory: ConnectionMemory,
  onRead: (bytes: Buffer, length: number) => boolean,
): Socket {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const onread = { buffer, callback: (length: number): boolean => onRead(buffer, length) };
  const place: IpcNetConnectOpts | TcpNetConnectOpts =
    node.path === undefined
      ? { host: node.address ?? node.host, port: node.port, lookup: sharedLookup }
      : { path: node.path };
  const socket = openedSocket(
    () => (tls === false ? connectTcp({ ...place, onread }) : openTls(node, tls, memory, { ...place, onread })),
    credentials,
  );
  // Pending requests keep the process running, idle connections don't.
  socket.unref();
  // A TLS socket ignores these as options.
  socket.once('connect', () => socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS));
  return socket;
}

function openTls(
  node: TransportNode,
  tls: ConnectionOptions,
  memory: ConnectionMemory,
  place: ConnectionOptions & { readonly onread: OnReadOpts },
): Socket {
  const options: ConnectionOptions = { ...tls, ...tlsIdentity(node.host, tls), ...place };
  if (memory.session !== undefined) options.session = memory.session;
  const socket = connectTls(options);
  socket.on('session', (session) => {
    memory.session = session;
  });
  return socket;
}
