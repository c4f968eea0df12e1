/** The command line or the environment is wrong; the message says what was expected and what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
