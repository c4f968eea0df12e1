import { describe, expect, test } from 'vitest';
import { LocalClusterError } from './errors.ts';
import { resolveOptions, type LocalClusterOptions } from './options.ts';

const PEM = '-----BEGIN CERTIFICATE-----';

function fail(): never {
  throw new Error('S3CRET');
}

describe('options', () => {
  test('have a default each', () => {
    expect(resolveOptions()).toEqual({
      nodes: 3,
      runtime: 'auto',
      configurationPort: 0,
      node: {
        memoryMegabytes: 64,
        maxItemBytes: 1_048_576,
        credentials: undefined,
        tls: undefined,
        startTimeoutMs: 30_000,
        now: undefined,
        listsKeys: true,
      },
      memcachedPath: 'memcached',
      containerEngine: undefined,
      containerImage: 'docker.io/library/memcached:1.6-alpine',
    });
  });

  test.each<[LocalClusterOptions, RegExp]>([
    [{ nodes: 0 }, /^nodes: expected a whole number from 1 to 300, got 0$/],
    [{ nodes: 301 }, /^nodes: /],
    [{ nodes: 1.5 }, /^nodes: /],
    [{ nodes: '3' as never }, /^nodes: .* got "3"$/],
    [{ runtime: 'docker' as never }, /^runtime: expected 'auto', .* got "docker"$/],
    [{ memoryMegabytes: 0 }, /^memoryMegabytes: /],
    [{ memoryMegabytes: 2_000 }, /^memoryMegabytes: /],
    [{ maxItemBytes: 1_000 }, /^maxItemBytes: /],
    [{ configurationPort: 65_536 }, /^configurationPort: /],
    [{ startTimeoutMs: 0 }, /^startTimeoutMs: /],
    [{ memcachedPath: '-rf' }, /^memcachedPath: expected a name or path/],
    [{ containerImage: '' }, /^containerImage: /],
    [{ containerEngine: 'docker run' }, /^containerEngine: /],
    [{ now: 5 as never }, /^now: expected a function/],
    [{ now: () => Number.NaN }, /^now: expected a function .* got NaN$/],
    [{ nodes: { a: 1 } as never }, /^nodes: .* got \[Object\]$/],
    [{ nodes: Object.create(null) as never }, /^nodes: .* got \[Object: null prototype\]/],
    [{ node: 5 } as never, /^options: there is no "node"; there are nodes, runtime, /],
    [new Map() as never, /^options: expected an object .* no instance of a class$/],
    [5 as never, /^options: expected an object/],
    [null as never, /^options: expected an object/],
    [{ credentials: { user: 'a' } as never }, /^credentials: there is no "user"; there are username, password$/],
    [{ tls: { key: PEM, cert: PEM, ca: PEM } as never }, /^tls: there is no "ca"/],
    [{ tls: { key: 'x', cert: PEM } }, /^tls\.key: expected PEM/],
    [{ tls: { key: PEM, cert: Buffer.from('x') } }, /^tls\.cert: expected PEM/],
    [{ tls: { key: PEM, cert: PEM } }, /^tls: expected a private key and the certificate that belongs to it/],
  ])('are refused where they are given: %j', (options, text) => {
    expect(() => resolveOptions(options)).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringMatching(text) }),
    );
  });

  test.each([
    { username: 'a:b', password: 'x' },
    { username: '', password: 'x' },
    { username: 'a', password: 'has space' },
    { username: 'a' } as never,
  ])('a credential that no protocol could carry is refused without being shown', (credentials) => {
    const attempt = (): unknown => resolveOptions({ credentials });
    expect(attempt).toThrow(/^credentials\.(username|password): expected 1 to 255 printable/);
    expect(attempt).not.toThrow(/has space|a:b/);
  });

  test('an error is told from others by its brand, whichever copy of the package made it', () => {
    expect(LocalClusterError.is(new LocalClusterError('SESS_CLOSED', 'x'))).toBe(true);
    expect(LocalClusterError.is(new Error('x'))).toBe(false);
    expect(LocalClusterError.is(undefined)).toBe(false);
  });

  test('say that one of them threw, and do not show its error', () => {
    const getter = Object.defineProperty({}, 'nodes', { enumerable: true, get: fail });
    for (const options of [getter, { now: fail }, new Proxy({}, { ownKeys: fail })])
      expect(() => resolveOptions(options)).toThrow(
        expect.objectContaining({
          code: 'SESS_BAD_OPTION',
          message: 'options: one of them threw an error when it was read (see the cause)',
        }),
      );
  });
});
