import type { Socket } from 'node:net';

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

let warned = false;

/** Warns, once per process, before credentials leave this machine on a socket without TLS. */
export function warnOfPlainPassword({ remoteAddress }: Pick<Socket, 'remoteAddress'>): void {
  // A Unix socket has no address.
  if (warned || remoteAddress === undefined || LOOPBACK.test(remoteAddress)) return;
  warned = true;
  process.emitWarning(
    `The credentials are sent to ${remoteAddress} without TLS: whoever is on the way can read them. Use memcacheds://, elasticaches://, dnss://, srvs:// or ` +
      'the option tls. If something else encrypts the way, such as a service mesh, start node with --disable-warning=SESS_PLAIN_PASSWORD.',
    { type: 'SessWarning', code: 'SESS_PLAIN_PASSWORD' },
  );
}
