import { createHash, randomUUID } from 'node:crypto';
import type { BackedSession, Backing, SessionToSave } from '@sess/session';

/** A kind of backing, and how to open one. */
export interface BackingSubject {
  readonly name: string;
  readonly open: () => Promise<BackingBench>;
}

/** One open backing. */
export interface BackingBench extends AsyncDisposable {
  readonly backing: Required<Omit<Backing, 'name' | 'ready' | 'close'>>;
  /** The same sessions as another process sees them; `backing` itself if no other process can. */
  readonly other: Required<Omit<Backing, 'name' | 'ready' | 'close'>>;
}

export const HOUR_MS = 3_600_000;

/** A signal that never fires. */
export const calm: AbortSignal = new AbortController().signal;

/** A new id in the form of a storage key: tests share the backing, so each uses ids of its own. */
export function newId(): string {
  return `s/${createHash('sha256').update(randomUUID()).digest('base64url')}`;
}

/** A session to save; by default version 10, `replaces: 'absent'`. */
export function session(text: string, given: Partial<SessionToSave> = {}): SessionToSave {
  return { value: Buffer.from(text), version: 10, replaces: 'absent', expiresAt: Date.now() + HOUR_MS, ...given };
}

/** The stored session, with its value as text. */
export async function stored(
  backing: Pick<Backing, 'load'>,
  id: string,
): Promise<(Omit<BackedSession, 'value'> & { readonly text: string }) | 'destroyed' | undefined> {
  const found = await backing.load(id, calm);
  if (found === undefined || found === 'destroyed') return found;
  const { value, ...rest } = found;
  return { ...rest, text: Buffer.from(value).toString() };
}
