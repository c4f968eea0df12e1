import { kindOf } from '@sess/json-data';
import { SessionError } from '../errors.ts';

const MIN_SECRET_BYTES = 32;
const MAKE_SECRET = `make one with: node -e "console.log(require('crypto').randomBytes(32).toString('base64'))"`;

/**
 * One secret or several, each of at least 32 bytes.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`, which does not show the value: it may be a misplaced secret.
 */
export function resolveSecrets(
  option: string,
  given: string | readonly string[] | undefined,
): readonly [string, ...string[]] {
  const list: readonly unknown[] = Array.isArray(given) ? [...given] : [given];
  const [first, ...others] = list.map((secret, index) =>
    checked(list.length === 1 ? option : `${option}[${index}]`, secret),
  );
  if (first === undefined) throw notText(option, 'is an empty array');
  return Object.freeze([first, ...others]);
}

function checked(option: string, secret: unknown): string {
  if (secret === undefined) throw notText(option, 'is missing', ' (is an environment variable unset?)');
  if (typeof secret !== 'string') throw notText(option, `is ${kindOf(secret)}`);
  const bytes = Buffer.byteLength(secret);
  if (bytes >= MIN_SECRET_BYTES) return secret;
  const wanted = `at least ${MIN_SECRET_BYTES}, so that nobody can find it by trying; ${MAKE_SECRET}`;
  throw new SessionError('SESS_BAD_OPTION', `option "${option}" has ${bytes} bytes; expected ${wanted}`);
}

function notText(option: string, came: string, hint = ''): SessionError {
  const wanted = `a string of at least ${MIN_SECRET_BYTES} bytes, or several${hint}; ${MAKE_SECRET}`;
  return new SessionError('SESS_BAD_OPTION', `option "${option}" ${came}; expected ${wanted}`);
}
