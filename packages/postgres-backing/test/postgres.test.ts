import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { backedStore, memoryStore, type Backing } from '@sess/session';
import { startPostgres, type PostgresServer } from '@sess/loopback';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { migrationSql, postgresBacking, type PostgresBacking, type PostgresBackingOptions } from '../src/index.ts';
import { CLEAN_UP_LOCK } from '../src/migration.ts';

const calm = new AbortController().signal;
const HOUR_MS = 3_600_000;
const LONG_MS = 120_000;

/** Statements that wait for another one's lock. */
const WAITING = `select from pg_stat_activity where wait_event_type = 'Lock'`;

function save(backing: PostgresBacking, id: string, expiresAt: number): Promise<unknown> {
  return backing.save(id, { value: Buffer.from('value'), version: 1, replaces: 'absent', expiresAt }, calm);
}

/** The same backing, without its touches. */
function deaf(backing: PostgresBacking): Backing {
  return {
    load: (id, signal) => backing.load(id, signal),
    save: (id, session, signal) => backing.save(id, session, signal),
    destroy: (id, until, signal) => backing.destroy(id, until, signal),
  };
}

async function isLive(backing: PostgresBacking, id: string): Promise<boolean> {
  const found = await backing.load(id, calm);
  return found !== undefined && found !== 'destroyed' && found.expiresAt > Date.now();
}

describe.runIf(inject('programs').includes('postgres'))('sessions in PostgreSQL', { timeout: LONG_MS }, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, LONG_MS);
  afterAll(() => server?.close(), LONG_MS);

  function open(options: Partial<PostgresBackingOptions> = {}): PostgresBacking {
    const connection = options.pool === undefined ? { connectionString: server.connectionString } : {};
    const backing = postgresBacking({ ...connection, statementTimeoutMs: 20_000, cleanUpIntervalMs: 0, ...options });
    onTestFinished(() => backing.close());
    return backing;
  }

  it('are refused where the tables are missing, with what to do', async () => {
    const backing = open({ table: 'nowhere' });
    const missing = { code: 'SESS_DATABASE_NOT_MIGRATED', message: expect.stringMatching(/migrate\(\)/) };
    await expect(backing.ready()).rejects.toMatchObject(missing);
    await expect(backing.load('s/any', calm)).rejects.toMatchObject(missing);
  });

  it('are found by a process that is busy while it connects, and while the answer is on its way', async () => {
    await open().migrate();
    const backing = open({ statementTimeoutMs: 150 });
    for (const nothing of ['connecting', 'asking']) {
      const answer = backing.load(nothing, calm);
      await new Promise((resolve) => setImmediate(resolve));
      const end = performance.now() + 700;
      while (performance.now() < end);
      expect(await answer).toBeUndefined();
    }
  });

  it('have their tables made by eight processes at once, and again', async () => {
    const backings = Array.from({ length: 8 }, () => open({ table: 'at_once' }));
    await Promise.all(backings.map((backing) => backing.migrate()));
    await backings[0]?.migrate();
    await Promise.all(backings.map((backing) => backing.ready()));
  });

  it('have their tables made by a command', async () => {
    const command = fileURLToPath(new URL('../bin/sess-postgres.js', import.meta.url));
    const run = (...given: string[]) =>
      promisify(execFile)(process.execPath, [command, ...given], {
        env: { ...process.env, DATABASE_URL: server.connectionString },
      });
    expect((await run('sql', '--table', 'by_hand')).stdout).toBe(migrationSql('by_hand'));
    expect((await run('migrate', '--table', 'by_hand')).stdout).toBe('the tables are there\n');
    await open({ table: 'by_hand' }).ready();
    await expect(run('nonsense')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('usage:') });
    await expect(run('sql', '--table', 'No Name')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('SESS_BAD_OPTION'),
    });
  });

  it('are found by an index for one user, and for those that expired', async () => {
    await open().migrate();
    const pool = new Pool({ connectionString: server.connectionString });
    try {
      // Without rows the planner would read the whole table, so the test turns sequential scans off.
      const plan = async (where: string): Promise<string> => {
        const client = await pool.connect();
        try {
          await client.query('set enable_seqscan = off');
          const { rows } = await client.query<Record<string, string>>(
            `explain select id from sess_sessions where ${where}`,
          );
          return rows.map((row) => row['QUERY PLAN']).join('\n');
        } finally {
          client.release(true);
        }
      };
      expect(await plan("user_id = 'USER_123' and not destroyed and expires_at > now()")).toContain(
        'sess_sessions_user',
      );
      expect(await plan('expires_at < now() order by expires_at limit 10')).toContain('sess_sessions_expiry');
    } finally {
      await pool.end();
    }
  });

  it('leave when they have expired: in batches, by one process at a time, the living ones stay', async () => {
    const [one, two] = [open({ table: 'to_clean' }), open({ table: 'to_clean' })];
    await one.migrate();
    const longAgo = Date.now() - HOUR_MS;
    for (let row = 0; row < 25; row++) await save(one, `s/old-${row}`, longAgo);
    await one.destroy('s/old-destroyed', longAgo, calm);
    await save(one, 's/just-over', Date.now() - 1_000);
    await save(one, 's/living', Date.now() + HOUR_MS);
    expect(await one.cleanUp({ batch: 10, batches: 1 })).toBe(10);
    const removed = await Promise.all([one.cleanUp({ batch: 5 }), two.cleanUp({ batch: 5 })]);
    const rest = await one.cleanUp();
    expect(removed[0] + removed[1] + rest).toBe(16);
    expect(await one.load('s/living', calm)).toBeDefined();
    expect(await one.load('s/just-over', calm)).toBeDefined();
    expect(await one.cleanUp({ signal: AbortSignal.abort() })).toBe(0);
  });

  it('leave while another process is at it: that one alone works', async () => {
    const backing = open({ table: 'to_clean_alone' });
    await backing.migrate();
    await save(backing, 's/old', Date.now() - HOUR_MS);
    const pool = new Pool({ connectionString: server.connectionString });
    const other = await pool.connect();
    await other.query(`begin; select pg_advisory_xact_lock(${CLEAN_UP_LOCK.join(', ')})`);
    expect(await backing.cleanUp()).toBe(0);
    await other.query('rollback');
    other.release();
    await pool.end();
    expect(await backing.cleanUp()).toBe(1);
  });

  it('are ended by one of two processes that wait for the same row, and the other one is told so', async () => {
    const [one, two] = [open(), open()];
    await one.migrate();
    await save(one, 's/contended', Date.now() + HOUR_MS);
    const pool = new Pool({ connectionString: server.connectionString });
    const other = await pool.connect();
    await other.query(`begin; select from sess_sessions where id = 's/contended' for update`);
    const until = Date.now() + HOUR_MS;
    const outcomes = Promise.all([one, two].map((backing) => backing.destroy('s/contended', until, calm)));
    await expect.poll(async () => (await pool.query(WAITING)).rowCount).toBe(2);
    await other.query('rollback');
    expect(new Set(await outcomes)).toEqual(new Set(['already', 'destroyed']));
    other.release();
    await pool.end();
  });

  it('are ended where another process begins one while its id is destroyed', async () => {
    const backing = open();
    await backing.migrate();
    const pool = new Pool({ connectionString: server.connectionString });
    const other = await pool.connect();
    await other.query(`begin; insert into sess_sessions (id, value, version, expires_at)
      values ('s/just-begun', '', 1, now() + interval '1 hour')`);
    const outcome = backing.destroy('s/just-begun', Date.now() + HOUR_MS, calm);
    await expect.poll(async () => (await pool.query(WAITING)).rowCount).toBe(1);
    await other.query('commit');
    expect(await outcome).toBe('destroyed');
    expect(await backing.load('s/just-begun', calm)).toBe('destroyed');
    other.release();
    await pool.end();
  });

  it('are ended in the cache, too, where they live longer than in the database, which missed a touch', async () => {
    const backing = open();
    await backing.migrate();
    const store = backedStore(memoryStore(), { backing: deaf(backing), writePolicy: 'through' });
    onTestFinished(() => store.close());
    await store.save('s/untouched', Buffer.from('value'), { ttlSeconds: 1, expect: 'absent' });
    expect(await store.touch('s/untouched', 3_600)).toBe(true);
    await expect.poll(() => isLive(backing, 's/untouched')).toBe(false);
    expect(await store.destroy('s/untouched', 3_600)).toBe(true);
    expect(await store.destroy('s/untouched', 3_600)).toBe(false);
  });

  it('use the application’s own pool, and leave it open', async () => {
    const pool = new Pool({ connectionString: server.connectionString, max: 2 });
    const backing = open({ pool });
    await backing.migrate();
    await save(backing, 's/in-a-pool', Date.now() + HOUR_MS);
    await backing.close();
    await backing.close();
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });

  it('are waited for no longer than a statement may take', async () => {
    const backing = open({ table: 'locked', statementTimeoutMs: 200 });
    await open({ table: 'locked' }).migrate();
    const pool = new Pool({ connectionString: server.connectionString });
    const other = await pool.connect();
    await other.query('begin; lock table locked in access exclusive mode');
    await expect(backing.load('s/any', calm)).rejects.toMatchObject({
      code: 'SESS_DATABASE_UNAVAILABLE',
      retryable: true,
    });
    await other.query('rollback');
    other.release();
    await pool.end();
  });

  it('are there again, without a restart, after the server crashed', async () => {
    const backing = open();
    await backing.migrate();
    await save(backing, 's/kept', Date.now() + HOUR_MS);
    const restart = await server.crash();
    await expect(backing.load('s/kept', calm)).rejects.toMatchObject({
      name: 'PostgresBackingError',
      code: 'SESS_DATABASE_UNAVAILABLE',
      retryable: true,
    });
    await restart();
    expect(await backing.load('s/kept', calm)).toMatchObject({ version: 1 });
  });
});
