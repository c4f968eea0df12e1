/** The settings in environment variables, read once at the start. */
export interface Environment {
  /** Default 127.0.0.1: reachable from this machine only. */
  readonly host: string;
  readonly port: number;
  /** A URL for `createClient` of `@sess/client`. */
  readonly servers: string;
  /** Signs the session cookies. Apps with the same secret and servers share their sessions. */
  readonly secret: string;
  /** Number of nodes that hold each session. */
  readonly copies: number;
  readonly transport: TransportName;
  /** URL of a PostgreSQL database behind the nodes; `undefined` for none. */
  readonly backing: string | undefined;
}

/** The built-in text protocol, or memjs's binary protocol. */
type TransportName = 'text' | 'memjs';

/** An environment variable is missing or wrong; the message says what was expected, what came and what to do. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

const SECRET_BYTES = 32;

/**
 * Reads the settings from `env`.
 *
 * @throws {EnvironmentError} for the first variable that can't be used. Never shows a secret.
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>, defaultPort: number): Environment {
  return {
    host: env['HOST'] || '127.0.0.1',
    port: wholeNumber('PORT', env['PORT'] || String(defaultPort), 0, 65_535),
    servers: servers(env['SESS_SERVERS']),
    secret: secret(env['SESS_SECRET']),
    copies: wholeNumber('SESS_COPIES', env['SESS_COPIES'] || '1', 1, 100),
    transport: transport(env['SESS_TRANSPORT'] || 'text'),
    backing: backing(env['SESS_BACKING']),
  };
}

function servers(value: string | undefined): string {
  if (value) return value;
  throw new EnvironmentError(
    'SESS_SERVERS is not set. It names the memcached cluster: memcached://127.0.0.1:11211,127.0.0.1:11212 for a fixed list, or elasticache://ENDPOINT:PORT.',
  );
}

function secret(value: string | undefined): string {
  const bytes = Buffer.byteLength(value ?? '');
  if (value !== undefined && bytes >= SECRET_BYTES) return value;
  const found = bytes === 0 ? 'is not set' : `has ${bytes} bytes`;
  throw new EnvironmentError(
    `SESS_SECRET ${found}; it signs the session cookies and must have at least ${SECRET_BYTES} bytes. Make one with: node -p "crypto.randomBytes(32).toString('base64url')"`,
  );
}

function transport(value: string): TransportName {
  if (value === 'text' || value === 'memjs') return value;
  throw new EnvironmentError(`SESS_TRANSPORT is "${value}"; it must be text or memjs.`);
}

/** Errors don't show the value: it may hold a password, even if it is no URL. */
function backing(value: string | undefined): string | undefined {
  if (!value) return undefined;
  if (/^postgres(ql)?:\/\//.test(value) && URL.canParse(value)) return value;
  throw new EnvironmentError(
    'SESS_BACKING is not the URL of a PostgreSQL database. Set it to one such as postgres://USER:PASSWORD@HOST:5432/DATABASE, ' +
      "with encodeURIComponent(...) of a password that has other characters than letters and digits, or don't set it: then there is no database.",
  );
}

function wholeNumber(name: string, value: string, least: number, most: number): number {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new EnvironmentError(`${name} is "${value}"; it must be a whole number from ${least} to ${most}.`);
}
