/**
 * Whether `value` is a session of Better Auth under its own token. A token is random and used once, so nothing is
 * stored under it again after its deletion. Better Auth reuses its other keys (lists of a user's sessions, verification
 * values).
 */
export function isSessionUnder(key: string, value: string): boolean {
  if (!value.startsWith('{')) return false;
  try {
    const { session } = JSON.parse(value) as { readonly session?: { readonly token?: unknown } | null };
    return typeof session === 'object' && session !== null && session.token === key;
  } catch {
    return false;
  }
}
