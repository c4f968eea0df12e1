import { SessClientError } from '@sess/client';

import { UsageError } from '../usage-error.ts';

/** Whether a retry may succeed: neither the command line nor the settings are wrong. */
export function mayPass(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof UsageError) return false;
  return !SessClientError.is(error) || error.code !== 'SESS_BAD_OPTION';
}
