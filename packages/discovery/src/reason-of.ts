import { someOf } from './some-of.ts';

/**
 * Why a connection failed, in one line without a full stop. OpenSSL's errors have several lines: returns the reason. If
 * all addresses of a name fail, Node.js leaves the message empty: returns the reasons of the first addresses.
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === '') return someOf(error.errors.map(reasonOf));
  // Nothing else aborts a socket.
  if ('code' in error && error.code === 'ABORT_ERR') return 'the signal in the option tls has fired';
  if ('reason' in error && typeof error.reason === 'string') return error.reason;
  return (error.message.split('\n')[0] ?? '').replace(/\.$/, '');
}
