import type { TransportOptions } from '@sess/client';
import type { ReplyHeader } from './reply-stream.ts';
import { Opcode, Status, statusMeaning } from './operation.ts';

const HEADER_BYTES = 24;

/**
 * The fault of a reply of the SASL exchange, as text for people; `undefined` if memjs may get the reply.
 *
 * memjs checks only one status and treats every other reply as a success: it would send the password to a server
 * without SASL, and treat its "unknown command" as a success.
 */
export function saslFault(header: ReplyHeader, message: Buffer): string | undefined {
  if (header.status === Status.unknownCommand) {
    return 'credentials are set, but the node knows no SASL: start it with SASL (memcached -S), or leave the credentials out.';
  }
  if (header.status === Status.authFailed) return 'the node refused the credentials.';
  if (header.status !== Status.ok) return `the node did not accept the credentials: ${statusMeaning(header.status)}.`;
  if (header.opcode !== Opcode.listSaslMechanisms) return undefined;
  const mechanisms = message.subarray(HEADER_BYTES).toString('latin1').split(' ');
  return mechanisms.includes('PLAIN')
    ? undefined
    : 'the node does not offer the SASL mechanism PLAIN, the only one that memjs speaks.';
}

/** The error for a reply that asks to authenticate first. */
export function accessFault(credentials: TransportOptions['credentials']): string {
  return credentials === undefined
    ? 'the node asks for credentials (SASL), and none are set: give the client a user name and a password.'
    : 'the node no longer accepts the credentials.';
}

export function isSasl(opcode: number): boolean {
  return opcode === Opcode.listSaslMechanisms || opcode === Opcode.saslAuthenticate;
}
