import { describe, expect, it } from 'vitest';
import { migrationSql } from './migration.ts';
import { resolvePostgresOptions } from './options.ts';

const connectionString = 'postgres://user:hunter2@localhost/app';

describe('the options', () => {
  it('have these defaults', () => {
    expect(resolvePostgresOptions({ connectionString })).toEqual({
      source: { kind: 'connectionString', connectionString },
      connections: 10,
      statementTimeoutMs: 1_000,
      table: 'sess_sessions',
      cleanUpIntervalMs: 60_000,
    });
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['neither pool nor text', {}, /neither came \(is an environment variable unset\?\)/],
    ['both', { connectionString, pool: { query() {} } }, /both came/],
    ['a pool that is none', { pool: {} }, /"pool" is {}; expected a Pool of pg/],
    ['a name that is none', { connectionString, tables: 'a' }, /unknown option "tables": the options are .*table/],
    [
      'a table with more than a name',
      { connectionString, table: 'a; drop table users' },
      /"table" is 'a; drop table users'; expected a name/,
    ],
    ['a table that needs quotes', { connectionString, table: 'Sessions' }, /"table" is 'Sessions'/],
    [
      'a time as text',
      { connectionString, cleanUpIntervalMs: '5' },
      /"cleanUpIntervalMs" is '5'; expected a whole number/,
    ],
    [
      'an instance of a class',
      new URLSearchParams() as never,
      /"options" is an? URLSearchParams; expected .* \{ pool \}/,
    ],
    ['a URL instead of options', 'postgres://user:hunter2@host/db' as never, /"options" is a text; expected an object/],
    ['no connection', { connectionString, connections: 0 }, /"connections" is 0/],
  ])('refuse %s', (_, options, message) => {
    const resolve = (): unknown => resolvePostgresOptions(options);
    expect(resolve).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringMatching(message) }),
    );
  });

  it('never show a password', () => {
    expect(() => resolvePostgresOptions({ connectionString: 'mysql://user:hunter2@localhost' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });

  it.each<[string, object]>([
    ['the name of an option', { [connectionString]: true }],
    ['a table', { connectionString, table: connectionString }],
    ['a number', { connectionString, connections: connectionString }],
    [
      'the error of a getter',
      {
        get pool() {
          throw new Error('hunter2');
        },
      },
    ],
  ])('never show a password in the place of %s', (_, options) => {
    expect(() => resolvePostgresOptions(options)).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.not.stringContaining('hunter2') }),
    );
  });
});

describe('the SQL that makes the tables', () => {
  it('is for the table that is asked for, in its schema', () => {
    const sql = migrationSql('web.sessions');
    expect(sql).toContain('create table if not exists web.sessions (');
    expect(sql).toContain('create index if not exists sessions_user on web.sessions');
    expect(() => migrationSql('a b')).toThrow(/"table" is 'a b'/);
  });
});
