/** Advice for the errors from AWS that no retry resolves. */
import { awsCode } from './cache-cluster-api.ts';

const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired']);
const UNKNOWN = new Set([
  'InvalidClientTokenId',
  'UnrecognizedClient',
  'InvalidSignature',
  'SignatureDoesNotMatch',
  'AuthFailure',
  'IncompleteSignature',
  'MissingAuthenticationToken',
]);
const DENIED = new Set(['AccessDenied', 'UnauthorizedOperation', 'NotAuthorized']);

/** The error's message; for a known error from AWS, also what to do. */
export function explained(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const advice = adviceFor(awsCode(error) ?? (error instanceof Error ? error.name : ''));
  return advice === undefined ? message : `${message.replace(/\.?$/, '.')} ${advice}`;
}

function adviceFor(code: string): string | undefined {
  if (code === 'CacheClusterNotFound')
    return 'If it was deleted, stop the guards. Otherwise check --cluster, the region and the account.';
  if (EXPIRED.has(code) || code === 'CredentialsProviderError')
    return 'A role of the machine, pod or task renews itself; with AWS_SESSION_TOKEN in the environment, start the command again with new credentials. Drained nodes stay drained until then.';
  if (UNKNOWN.has(code)) return 'Check the credentials, the region, and the clock of this machine.';
  if (DENIED.has(code)) return 'The rights that are needed are in docs/operations/auto-scaling.md.';
  return undefined;
}
