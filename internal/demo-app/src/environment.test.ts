import { describe, expect, it } from 'vitest';
import { EnvironmentError, readEnvironment as readWithPort, type Environment } from './environment.ts';

const DEFAULT_PORT = 3_001;
const SECRET = 's'.repeat(32);
const NEEDED = { SESS_SERVERS: 'memcached://127.0.0.1:11211', SESS_SECRET: SECRET };

const readEnvironment = (env: Readonly<Record<string, string | undefined>>): Environment =>
  readWithPort(env, DEFAULT_PORT);

describe('readEnvironment', () => {
  it('needs servers and a secret, and has a default for everything else', () => {
    expect(readEnvironment(NEEDED)).toEqual({
      host: '127.0.0.1',
      port: DEFAULT_PORT,
      servers: 'memcached://127.0.0.1:11211',
      secret: SECRET,
      copies: 1,
      transport: 'text',
      backing: undefined,
    });
  });

  it('takes what is set', () => {
    expect(
      readEnvironment({ ...NEEDED, HOST: '::1', PORT: '0', SESS_COPIES: '2', SESS_TRANSPORT: 'memjs' }),
    ).toMatchObject({
      host: '::1',
      port: 0,
      copies: 2,
      transport: 'memjs',
    });
  });

  it.each(['postgres://127.0.0.1:5432/shop', 'postgresql://sess:a%23b@db.internal/shop?sslmode=require'])(
    'takes the database %s',
    (url) => {
      expect(readEnvironment({ ...NEEDED, SESS_BACKING: url }).backing).toBe(url);
    },
  );

  it('holds a variable that is set to nothing for one that is not set', () => {
    expect(
      readEnvironment({ ...NEEDED, PORT: '', HOST: '', SESS_COPIES: '', SESS_TRANSPORT: '', SESS_BACKING: '' }),
    ).toEqual(readEnvironment(NEEDED));
  });

  it.each([
    [{ SESS_SERVERS: undefined }, 'SESS_SERVERS is not set. It names the memcached cluster: memcached://'],
    [
      { SESS_SECRET: undefined },
      'SESS_SECRET is not set; it signs the session cookies and must have at least 32 bytes. Make one with: node -p',
    ],
    [{ SESS_SECRET: 'too short' }, 'SESS_SECRET has 9 bytes'],
    [{ PORT: 'http' }, 'PORT is "http"; it must be a whole number from 0 to 65535.'],
    [{ PORT: '65536' }, 'PORT is "65536"'],
    [{ SESS_COPIES: '0' }, 'SESS_COPIES is "0"; it must be a whole number from 1 to 100.'],
    [{ SESS_TRANSPORT: 'udp' }, 'SESS_TRANSPORT is "udp"; it must be text or memjs.'],
    [
      { SESS_BACKING: 'mysql://127.0.0.1/shop' },
      'SESS_BACKING is not the URL of a PostgreSQL database. Set it to one such as postgres://',
    ],
    [{ SESS_BACKING: 'postgres:shop' }, 'SESS_BACKING is not the URL'],
    [{ SESS_BACKING: 'postgres://sess:a#b@127.0.0.1/shop' }, /SESS_BACKING is not the URL.*encodeURIComponent/],
  ])('refuses %j in words that say what to do', (wrong, message) => {
    const read = (): unknown => readEnvironment({ ...NEEDED, ...wrong });
    expect(read).toThrow(EnvironmentError);
    expect(read).toThrow(message);
  });

  it('never shows a secret', () => {
    expect(() => readEnvironment({ ...NEEDED, SESS_SECRET: 'hunter2' })).toThrow(/^(?!.*hunter2)/);
    for (const url of [
      'hunter2',
      'hunter2://db/shop',
      'postgres://sess:hunter2#@db/shop',
      'mysql://sess:hunter2@db/shop',
    ]) {
      expect(() => readEnvironment({ ...NEEDED, SESS_BACKING: url })).toThrow(/^SESS_BACKING is(?!.*hunter2)/);
    }
  });
});
