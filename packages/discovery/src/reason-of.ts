/**
 * Why a connection failed, in one line without a full stop: of OpenSSL's several lines the reason. If all addresses of a
 * name fail, Node.js leaves the message empty: then the reason of each address.
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ');
  if ('reason' in error && typeof error.reason === 'string') return error.reason;
  return (error.message.split('\n')[0] ?? '').replace(/\.$/, '');
}
