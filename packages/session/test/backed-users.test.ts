import { describe, expect, it } from 'vitest';
import type { Backing } from '../src/stores/backed/backing.ts';
import { memoryBacking } from '../src/stores/backed/memory-backing.ts';
import { createSessions } from '../src/create-sessions.ts';
import { memoryStore } from '../src/stores/memory-store.ts';
import type { SessionsOptions } from '../src/options/options.ts';
import type { Sessions } from '../src/session.ts';
import { Browser, SECRET } from './visit.ts';

/** Servers that share a database, each with its own cache: the second server misses everything in its cache. */
function servers(options: Partial<SessionsOptions>): readonly Sessions[] {
  return [1, 2].map(() => createSessions({ store: memoryStore(), secret: SECRET, secure: true, ...options }));
}

async function loggedIn(sessions: Sessions | undefined): Promise<Browser> {
  if (sessions === undefined) return expect.unreachable();
  const browser = new Browser({ sessions });
  await browser.visit((session) => void (session.data.user = 'USER_123'));
  return browser;
}

function at(sessions: Sessions | undefined, { cookies }: Browser): Browser {
  return sessions === undefined ? expect.unreachable() : new Browser({ sessions }, cookies);
}

describe('with a database behind the cache', () => {
  it('an encrypted session that the cache lost is read from there, where nobody else can read it', async () => {
    const backing = memoryBacking();
    const [first, second] = servers({ backing, encrypt: { secret: SECRET }, compress: { aboveBytes: 0 } });
    const browser = await loggedIn(first);
    expect(
      [...backing.sessions.values()].map(({ value }) => Buffer.from(value).toString('latin1')).join(),
    ).not.toContain('USER_123');
    expect(await at(second, browser).visit((session) => session.data.user)).toBe('USER_123');
  });

  it('a revocation that the cache lost still holds, and who logged in after it is in', async () => {
    // Without a list, the revocation destroys no session: only the epoch refuses them.
    const backing: Backing = memoryBacking();
    Reflect.deleteProperty(backing, 'ofUser');
    const [first, second] = servers({ backing, userOf: (data) => data.user });
    const before = await loggedIn(first);
    await first?.revokeUser('USER_123');
    const after = await loggedIn(first);
    expect(await at(second, before).visit((session) => session.isNew)).toBe(true);
    expect(await at(second, after).visit((session) => session.data.user)).toBe('USER_123');
  });

  it('all sessions of a user, through whichever server they began, are listed', async () => {
    const backing = memoryBacking();
    const [first, second] = servers({ backing, userOf: (data) => data.user });
    await loggedIn(first);
    await loggedIn(second);
    expect(await first?.ofUser('USER_123')).toHaveLength(2);
    await second?.revokeUser('USER_123');
    expect(await first?.ofUser('USER_123')).toEqual([]);
  });
});
