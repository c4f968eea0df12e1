import { describe, expect, test } from 'vitest';
import { parseCommandLine, UsageError } from './arguments.ts';

describe('the command line', () => {
  test('of a cluster, with a default for all that is left out', () => {
    expect(parseCommandLine([])).toEqual({
      action: 'cluster',
      json: false,
      cluster: { nodes: 3, port: 0, runtime: 'auto', memoryMegabytes: 64 },
    });
    expect(
      parseCommandLine([
        '-n',
        '5',
        '-p',
        '11311',
        '--runtime=embedded',
        '-m',
        '8',
        '--json',
        '--image',
        'memcached:1',
        '--engine',
        'podman',
      ]),
    ).toEqual({
      action: 'cluster',
      json: true,
      cluster: {
        nodes: 5,
        port: 11_311,
        runtime: 'embedded',
        memoryMegabytes: 8,
        image: 'memcached:1',
        engine: 'podman',
      },
    });
  });

  test('of the endpoint alone', () => {
    expect(
      parseCommandLine(['--endpoint-only', '--list', 'a:1, [::1]:2', '--host', '0.0.0.0', '--port', '11211']),
    ).toEqual({
      action: 'endpoint',
      json: false,
      endpoint: {
        port: 11_211,
        host: '0.0.0.0',
        list: [
          { host: 'a', port: 1 },
          { host: '::1', port: 2 },
        ],
      },
    });
  });

  test('of help and version, whatever else is there', () => {
    expect(parseCommandLine(['--help', '--nodes', '0'])).toEqual({ action: 'help' });
    expect(parseCommandLine(['-v'])).toEqual({ action: 'version' });
  });

  test.each([
    [['--nodes', '0'], '--nodes: expected a whole number from 1 to 300, got "0"'],
    [['--nodes', 'x'], '--nodes: expected a whole number'],
    [['--nodes'], "Option '-n, --nodes <value>' argument missing"],
    [['--port', '70000'], '--port: expected a whole number from 0 to 65535, got "70000"'],
    [['--port=-1'], '--port: expected a whole number'],
    [['--runtime', 'vm'], '--runtime: expected auto, container, memcached, embedded; got "vm"'],
    [['--memory', '0'], '--memory: expected a whole number from 1 to 1024'],
    [['--nonsense'], "Unknown option '--nonsense'"],
    [['nonsense'], "Unexpected argument 'nonsense'"],
    [['--tls-key', 'x'], '--tls-key and --tls-cert belong together'],
    [['--list', 'a:1'], '--list needs --endpoint-only'],
    [['--endpoint-only'], '--endpoint-only needs --list HOST:PORT'],
    [['--endpoint-only', '--list', 'a:1', '--nodes', '3'], '--nodes cannot be used with --endpoint-only'],
    [['--endpoint-only', '--list', 'a'], '--list: expected HOST:PORT (an IPv6 address in brackets), got "a"'],
    [['--endpoint-only', '--list', 'a:0'], '--list: expected HOST:PORT'],
    [['--endpoint-only', '--list', 'a|b:1'], '--list: expected HOST:PORT'],
    [['--endpoint-only', '--list', 'a:1,,b:1'], '--list: expected HOST:PORT'],
  ])('is refused when it is %j', (words, text) => {
    const attempt = (): unknown => parseCommandLine(words);
    expect(attempt).toThrow(UsageError);
    expect(attempt).toThrow(text);
  });
});
