import { clockOf } from '../../options/option-checks.ts';
import type { BackedSession, Backing } from './backing.ts';

/** A database in the memory of this process: for tests and as an example of a backing. */
export interface MemoryBacking extends Backing {
  /** The stored sessions by storage key. */
  readonly sessions: ReadonlyMap<string, BackedSession>;
}

export interface MemoryBackingOptions {
  /** The time in milliseconds since 1970, for tests. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** A complete {@link Backing} in memory. Not for production: it ends with the process and has no size limit. */
export function memoryBacking(options: MemoryBackingOptions = {}): MemoryBacking {
  const now = clockOf(options.now);
  const sessions = new Map<string, BackedSession & { readonly version: number; readonly savedAt: number }>();
  /** Until when each destroyed session is remembered. */
  const destroyed = new Map<string, number>();
  const doubts = new Map<string, number>();
  const isDestroyed = (id: string): boolean => (destroyed.get(id) ?? 0) > now();
  return {
    name: 'memory',
    sessions,
    async load(id) {
      if (isDestroyed(id)) return 'destroyed';
      const found = sessions.get(id);
      return found === undefined ? undefined : { ...found, value: Buffer.from(found.value) };
    },
    async save(id, { replaces, ...session }) {
      if (isDestroyed(id)) return 'destroyed';
      const present = sessions.get(id);
      const isLive = present !== undefined && present.expiresAt > now();
      if (present?.version === session.version && Buffer.compare(present.value, session.value) === 0) return 'saved';
      if (replaces === 'absent' && isLive) return 'newer';
      if (replaces === 'older' && present !== undefined && present.version >= session.version) return 'newer';
      if (typeof replaces === 'number' && !isLive) return 'missing';
      if (typeof replaces === 'number' && isLive && present.version > replaces) return 'newer';
      sessions.set(id, { ...session, value: Buffer.from(session.value), savedAt: now() });
      return 'saved';
    },
    async destroy(id, until) {
      const present = sessions.get(id);
      const outcome = isDestroyed(id)
        ? 'already'
        : present !== undefined && present.expiresAt > now()
          ? 'destroyed'
          : 'unknown';
      sessions.delete(id);
      destroyed.set(id, Math.max(until, destroyed.get(id) ?? 0));
      return outcome;
    },
    async touch(touches) {
      for (const { id, expiresAt } of touches) {
        const present = sessions.get(id);
        if (present !== undefined) sessions.set(id, { ...present, expiresAt: Math.max(present.expiresAt, expiresAt) });
      }
    },
    async doubt(places, until) {
      for (const place of places) doubts.set(place, Math.max(until, doubts.get(place) ?? 0));
    },
    async doubts() {
      return [...doubts].map(([place, until]) => ({ place, until }));
    },
    async ofUser(user) {
      const live = [...sessions].filter(([, session]) => session.user === user && session.expiresAt > now());
      return live.map(([key, { savedAt, expiresAt }]) => ({ key, savedAt, expiresAt }));
    },
  };
}
