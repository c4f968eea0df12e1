import { describe, expect, it } from 'vitest';
import { meaningOf, PostgresBackingError } from './errors.ts';

function refused(code: string, message = 'what PostgreSQL says'): Error {
  return Object.assign(new Error(message), { code, detail: 'Key (id)=(secret) already exists.' });
}

describe('a failure of the driver', () => {
  it.each([
    ['57014', 'SESS_DATABASE_UNAVAILABLE', true],
    ['57P03', 'SESS_DATABASE_UNAVAILABLE', true],
    ['53300', 'SESS_DATABASE_UNAVAILABLE', true],
    ['08006', 'SESS_DATABASE_UNAVAILABLE', true],
    ['25006', 'SESS_DATABASE_UNAVAILABLE', true],
    ['42P01', 'SESS_DATABASE_NOT_MIGRATED', false],
    ['42703', 'SESS_DATABASE_NOT_MIGRATED', false],
    ['28P01', 'SESS_DATABASE_DENIED', false],
    ['42501', 'SESS_DATABASE_DENIED', false],
    ['40P01', 'SESS_DATABASE_CONTENDED', true],
    ['55P03', 'SESS_DATABASE_CONTENDED', true],
    ['22021', 'SESS_BAD_DATA', false],
    ['22P05', 'SESS_BAD_DATA', false],
    ['23514', 'SESS_BAD_DATA', false],
    ['44000', 'SESS_BAD_DATA', false],
    ['54000', 'SESS_BAD_DATA', false],
    ['P0001', 'SESS_BAD_DATA', false],
    ['42601', 'SESS_DATABASE_REFUSED', false],
  ])('with SQLSTATE %s is %s', (sqlState, code, retryable) => {
    expect(meaningOf(refused(sqlState))).toMatchObject({ name: 'PostgresBackingError', code, retryable, sqlState });
  });

  it('without an answer of PostgreSQL is unavailable', () => {
    expect(meaningOf(refused('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:5432'))).toMatchObject({
      code: 'SESS_DATABASE_UNAVAILABLE',
      sqlState: undefined,
      message: expect.stringContaining('ECONNREFUSED 127.0.0.1:5432'),
    });
  });

  it('says what to do where the tables are missing', () => {
    expect(meaningOf(refused('42P01')).message).toMatch(/migrate\(\).*sess-postgres sql/);
  });

  it('tells nothing of rows', () => {
    const error = meaningOf(refused('23505', 'invalid input: "secret"'));
    expect([error.message, error.cause, Object.values(error).join(' ')].join(' ')).not.toContain('secret');
  });

  it('that was told already stays as it is', () => {
    const error = new PostgresBackingError('SESS_DATABASE_REFUSED', 'as it is');
    expect(meaningOf(error)).toBe(error);
    expect([PostgresBackingError.is(error), PostgresBackingError.is(new Error('other'))]).toEqual([true, false]);
  });
});
