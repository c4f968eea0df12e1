/** Errors of a connection are wrapped at most this deep: by the transport, and for requests that were not sent. */
const MAX_DEPTH = 5;
/** This machine has no address of that family. */
const NO_ROUTE = new Set(['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/**
 * Whether the operating system said that nothing listens at the address. Any other failure may concern only this
 * client: a name that does not resolve, a network without a route, a certificate that it does not trust, a limit of
 * connections.
 */
export function isRefusal(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > MAX_DEPTH) return false;
  if (error instanceof AggregateError) {
    const tried = error.errors.filter((each) => !NO_ROUTE.has((each as NodeJS.ErrnoException).code ?? ''));
    return tried.length > 0 && tried.every((each) => isRefusal(each, depth + 1));
  }
  const { code, syscall } = error as NodeJS.ErrnoException;
  // No file at the path of a Unix socket.
  if (code === 'ECONNREFUSED' || (code === 'ENOENT' && syscall === 'connect')) return true;
  return isRefusal(error.cause, depth + 1);
}
