/** What a person must do about AWS's refusals that no retry changes. */
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

/** The message of an error, and what to do if it is one of AWS's. */
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
