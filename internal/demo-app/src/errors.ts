/** The database behind the cluster can't be used; the message says why and what to do. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
}

/** The app can't listen; the message says why and what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  /** The system's code, such as `EADDRINUSE`. */
  readonly code: string | undefined;

  constructor(host: string, port: number, cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
    super(`can't listen on ${host} port ${port}: ${reason(code, cause)}`, { cause });
    this.code = code;
  }
}

const NO_SUCH_ADDRESS = 'this machine has no such address. Set HOST to one that it has, such as 127.0.0.1.';
const REASONS: ReadonlyMap<string | undefined, string> = new Map([
  ['EADDRINUSE', 'something else listens there already. End that, or set PORT to another port.'],
  ['EACCES', 'ports below 1024 need privileges here. Set PORT to a higher one.'],
  ['EADDRNOTAVAIL', NO_SUCH_ADDRESS],
  ['ENOTFOUND', NO_SUCH_ADDRESS],
]);

function reason(code: string | undefined, cause: unknown): string {
  return REASONS.get(code) ?? (cause instanceof Error ? cause.message : String(cause));
}
