import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SessClientError } from '../../errors.ts';
import { Handshake } from './handshake.ts';

const CREDENTIALS = { username: 'app', password: 'pässword' };

function greet(handshake: Handshake, reply: string): unknown {
  try {
    return handshake.read(Buffer.from(reply, 'latin1'));
  } catch (error) {
    return error;
  }
}

describe('Handshake', () => {
  it('asks everything in one write', () => {
    expect(new Handshake('n:1', 'auto', undefined).greeting().toString()).toBe('mn\r\nversion\r\n');
    expect(new Handshake('n:1', 'meta', undefined).greeting().toString()).toBe('mn\r\nversion\r\n');
    expect(new Handshake('n:1', 'classic', undefined).greeting().toString()).toBe('version\r\n');
  });

  it('authenticates before anything else, and counts bytes', () => {
    expect(new Handshake('n:1', 'classic', CREDENTIALS).greeting().toString()).toBe(
      'set auth 0 -1 13\r\napp pässword\r\nversion\r\n',
    );
  });

  it.each([
    ['MN\r\nVERSION 1.6.13\r\n', 'meta'],
    ['MN\r\nVERSION 1.6.38\r\n', 'meta'],
    ['MN\r\nVERSION 1.7.1\r\n', 'meta'],
    ['MN\r\nVERSION a proxy of some kind\r\n', 'meta'],
    ['MN\r\nVERSION 1.6.12\r\n', 'classic'],
    ['MN\r\nVERSION 1.6.2\r\n', 'classic'],
    ['ERROR\r\nVERSION 1.5.22\r\n', 'classic'],
    ['ERROR\r\nVERSION 1.4.34\r\n', 'classic'],
  ])('takes %j for a node that speaks %s', (reply, dialect) => {
    expect(greet(new Handshake('n:1', 'auto', undefined), reply)).toBe(dialect);
  });

  it.each([
    ['CLIENT_ERROR unknown command\r\nVERSION 1.6.18\r\n', true],
    ['SERVER_ERROR unknown command\r\nVERSION 1.5.22\r\n', true],
    ['ERROR\r\nVERSION 1.6.18\r\n', true],
    ['ERROR\r\nVERSION 1.5.22\r\n', false],
  ])('asks a node that answers %j for classic, and a proxy (%s) for no `gats`', (reply, isProxy) => {
    const handshake = new Handshake('n:1', 'auto', undefined);
    expect([greet(handshake, reply), handshake.hasGetAndTouch]).toEqual(['classic', !isProxy]);
  });

  it('does not judge a forced dialect by the version', () => {
    expect(greet(new Handshake('n:1', 'meta', undefined), 'MN\r\nVERSION 1.6.2\r\n')).toBe('meta');
    expect(greet(new Handshake('n:1', 'classic', undefined), 'VERSION 1.6.38\r\n')).toBe('classic');
  });

  it.each([
    ['meta', undefined, 'ERROR\r\nVERSION 1.5.22\r\n', 'SESS_PROTOCOL', "leave `dialect` at 'auto'"],
    ['auto', undefined, 'CLIENT_ERROR unauthenticated\r\n', 'SESS_AUTH', 'give `credentials`'],
    ['classic', undefined, 'CLIENT_ERROR unauthenticated\r\n', 'SESS_AUTH', 'give `credentials`'],
    [
      'auto',
      CREDENTIALS,
      'CLIENT_ERROR authentication failure\r\n',
      'SESS_AUTH',
      'refused the credentials ("CLIENT_ERROR authentication failure")',
    ],
    ['auto', CREDENTIALS, 'CLIENT_ERROR authentication failure\r\n', 'SESS_AUTH', 'Check the user and the password'],
    [
      'auto',
      { ...CREDENTIALS, username: 'my app' },
      'CLIENT_ERROR authentication failure\r\n',
      'SESS_AUTH',
      'neither a user nor a password with a space',
    ],
    ['auto', CREDENTIALS, 'HTTP/1.1 400 Bad Request\r\n', 'SESS_PROTOCOL', 'does not greet like a memcached'],
    ['auto', CREDENTIALS, 'SERVER_ERROR Connection refused\r\n', 'SESS_SERVER', 'a proxy does that'],
    ['auto', undefined, 'MN\r\nSERVER_ERROR Connection refused\r\n', 'SESS_SERVER', 'a proxy does that'],
    [
      'auto',
      undefined,
      'ERROR Too many open connections\r\n',
      'SESS_CONNECTION',
      'memcached -c; stats: max_connections',
    ],
    ['auto', undefined, 'HTTP/1.1 400 Bad Request\r\n', 'SESS_PROTOCOL', 'does not greet like a memcached'],
    ['auto', undefined, 'MN\r\nERROR\r\n', 'SESS_PROTOCOL', 'in answer to `version`'],
    ['auto', undefined, 'MN\r\nVERSION 1.6.18\r\nMN\r\n', 'SESS_PROTOCOL', 'more than was asked for'],
    ['auto', undefined, 'x'.repeat(4097), 'SESS_PROTOCOL', 'more than a greeting'],
  ] as const)('fails (%s, %j) on %j with %s', (dialect, credentials, reply, code, text) => {
    const error = greet(new Handshake('n:1', dialect, credentials), reply);
    expect(error).toMatchObject({ code, node: 'n:1', message: expect.stringContaining(text) });
    expect(String(error)).not.toContain('pässword');
  });

  it('lets a node that knows no users have no memory for an item', () => {
    const reply = 'SERVER_ERROR out of memory storing object\r\nMN\r\nVERSION 1.6.18\r\n';
    expect(greet(new Handshake('n:1', 'auto', CREDENTIALS), reply)).toBe('meta');
  });

  it('comes to the same end however the greeting is split, and to none before it', () => {
    const replies = fc.constantFrom(
      'STORED\r\nMN\r\nVERSION 1.6.18\r\n',
      'STORED\r\nERROR\r\nVERSION 1.5.22\r\n',
      'CLIENT_ERROR authentication failure\r\n',
      'STORED\r\nMN\r\nERROR\r\n',
    );
    fc.assert(
      fc.property(replies, fc.array(fc.nat({ max: 40 })), (reply, cuts) => {
        const whole = greet(new Handshake('n:1', 'auto', CREDENTIALS), reply);
        const handshake = new Handshake('n:1', 'auto', CREDENTIALS);
        const places = [...new Set([0, ...cuts.filter((cut) => cut < reply.length), reply.length])].toSorted(
          (a, b) => a - b,
        );
        let end: unknown;
        for (let index = 1; index < places.length && end === undefined; index += 1) {
          end = greet(handshake, reply.slice(places[index - 1], places[index]));
        }
        expect(end instanceof SessClientError ? end.message : end).toBe(
          whole instanceof SessClientError ? whole.message : whole,
        );
      }),
    );
  });
});
