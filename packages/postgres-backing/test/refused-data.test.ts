import { createSessions, memoryStore, type Sessions } from '@sess/session';
import { startPostgres, type PostgresServer } from '@sess/loopback';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { postgresBacking, type PostgresBacking } from '../src/index.ts';

declare module '@sess/session' {
  interface SessionData {
    user?: string;
  }
}

const calm = new AbortController().signal;
const HOUR_MS = 3_600_000;
const LONG_MS = 120_000;
const LIMIT = 40;

/** More failed logins than the failures that open the circuit breaker. */
const LOGINS = 12;

const badData: unknown = expect.objectContaining({ code: 'SESS_BAD_DATA', retryable: false });

const HTTPS = { secure: true, response: { headersSent: false } };

/** Random, so that compression does not make it short. */
const LONG_NAME = Array.from({ length: 700 }, () => Math.random().toString(36).slice(2)).join('');

describe.runIf(inject('programs').includes('postgres'))(
  'what PostgreSQL refuses because of its data',
  { timeout: LONG_MS },
  () => {
    let server: PostgresServer;
    let backing: PostgresBacking;
    beforeAll(async () => {
      server = await startPostgres();
      backing = postgresBacking({
        connectionString: server.connectionString,
        statementTimeoutMs: 20_000,
        cleanUpIntervalMs: 0,
      });
      await backing.migrate();
      const pool = new Pool({ connectionString: server.connectionString });
      await pool.query(
        `alter table sess_sessions add constraint short check (length(user_id) < ${LIMIT} or length(user_id) > 1000)`,
      );
      await pool.end();
    }, LONG_MS);
    afterAll(async () => {
      await backing?.close();
      await server?.close();
    }, LONG_MS);

    const save = (user: string, id = 's/any'): Promise<unknown> =>
      backing.save(
        id,
        { value: Buffer.from('value'), version: 1, replaces: 'absent', expiresAt: Date.now() + HOUR_MS, user },
        calm,
      );

    it.each([
      ['a NUL', 'USER\0', '22021'],
      ['more than fits into an index', LONG_NAME, '54000'],
      ['what a constraint forbids', 'x'.repeat(LIMIT), '23514'],
    ])('is bad data: %s in the name of a user', async (_, user, sqlState) => {
      const failure: unknown = await save(user).catch((error: unknown) => error);
      expect(failure).toMatchObject({
        name: 'PostgresBackingError',
        code: 'SESS_BAD_DATA',
        retryable: false,
        sqlState,
      });
      expect(String(failure)).not.toContain(user.slice(0, 8));
    });

    it('is bad data: an id or a user that is looked for, an id that is destroyed, a time that is no time', async () => {
      await expect(backing.load('s/\0', calm)).rejects.toEqual(badData);
      await expect(backing.ofUser('USER\0', calm)).rejects.toEqual(badData);
      await expect(backing.destroy('s/\0', Date.now() + HOUR_MS, calm)).rejects.toEqual(badData);
      await save('USER_123', 's/there');
      await expect(backing.touch([{ id: 's/there', expiresAt: 1e300 }], calm)).rejects.toEqual(badData);
    });

    function servers(writePolicy: 'through' | 'behind'): readonly [Sessions, Sessions] {
      const open = (): Sessions =>
        createSessions({
          store: memoryStore(),
          backing: postgresBacking({
            connectionString: server.connectionString,
            statementTimeoutMs: 20_000,
            cleanUpIntervalMs: 0,
          }),
          writePolicy,
          backingLimits: { timeoutMs: 20_000 },
          userOf: (data) => data.user,
          secret: 'a secret of thirty-two bytes or more',
          secure: true,
        });
      return [open(), open()];
    }

    it('fails nobody but who logs in with it, whose answer says so, and is in no list', async () => {
      const [one, other] = servers('through');
      for (let turn = 0; turn < LOGINS; turn++) await expect(login(one, 'x'.repeat(LIMIT))).rejects.toEqual(badData);
      for (const name of ['USER\0', LONG_NAME, 'USER\ud800']) {
        for (let turn = 0; turn < LOGINS; turn++) {
          await expect(login(one, name)).rejects.toEqual(badData);
          await expect(one.revokeUser(name)).rejects.toEqual(badData);
          await expect(one.ofUser(name)).rejects.toEqual(badData);
        }
      }
      const cookie = await login(one, 'USER_789');
      // The other server has an empty cache.
      const found = await other.open(cookie, HTTPS);
      expect(found.current.data.user).toBe('USER_789');
      expect(await one.ofUser('USER_789')).toHaveLength(1);
      expect(await one.ofUser('x'.repeat(LIMIT))).toEqual([]);
      await Promise.all([one.close(), other.close()]);
    });

    it('does not wait for ever where it is written behind', async () => {
      const [one, other] = servers('behind');
      for (let turn = 0; turn < LOGINS; turn++) await login(one, 'x'.repeat(LIMIT));
      const cookie = await login(one, 'USER_456');
      await one.close();
      expect((await other.open(cookie, HTTPS)).current.data.user).toBe('USER_456');
      await other.close();
    });
  },
);

async function login(sessions: Sessions, user: string): Promise<string> {
  const session = await sessions.open(undefined, HTTPS);
  session.current.data.user = user;
  await session.commit();
  return session.takeCookie()?.split(';')[0] ?? '';
}
