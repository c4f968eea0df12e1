/**
 * Whether `value` is a session of Better Auth under its own token. A token is random and made once, so what was deleted
 * under it is never stored again; Better Auth's other keys (lists of a user's sessions, verification values) are.
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
