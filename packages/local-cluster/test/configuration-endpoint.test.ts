import { SELF_SIGNED } from '@sess/loopback';
import { afterEach, describe, expect, test } from 'vitest';
import { startConfigurationEndpoint, type ConfigurationEndpoint } from '../src/configuration/configuration-endpoint.ts';
import type { ConfigurationListing } from '../src/configuration/configuration-listing.ts';
import { exchange, RawConnection } from './wire/raw-exchange.ts';

const PAYLOAD = '3\na|10.0.0.1|11211 b||11212\n';
const listing = (): ConfigurationListing => ({
  version: 3,
  nodes: [
    { host: 'a', address: '10.0.0.1', port: 11_211 },
    { host: 'b', address: '', port: 11_212 },
  ],
});

let endpoint: ConfigurationEndpoint | undefined;
afterEach(() => endpoint?.close());

describe('a configuration endpoint', () => {
  test.each([
    ['config get cluster\r\n', `CONFIG cluster 0 ${PAYLOAD.length}\r\n${PAYLOAD}\r\nEND\r\n`],
    [
      'get AmazonElastiCache:cluster\r\n',
      `VALUE AmazonElastiCache:cluster 0 ${PAYLOAD.length}\r\n${PAYLOAD}\r\nEND\r\n`,
    ],
    ['config get cluster\n', `CONFIG cluster 0 ${PAYLOAD.length}\r\n${PAYLOAD}\r\nEND\r\n`],
    ['version\r\n', 'VERSION 1.6.18\r\n'],
    ['get other\r\n', 'ERROR\r\n'],
    ['config get other\r\nversion\r\n', 'ERROR\r\nVERSION 1.6.18\r\n'],
    ['quit\r\nversion\r\n', ''],
  ])('answers %j', async (request, reply) => {
    endpoint = await startConfigurationEndpoint({ listing });
    expect((await exchange(endpoint.port, request)).toString()).toBe(reply);
  });

  test('answers a request that comes in pieces', async () => {
    endpoint = await startConfigurationEndpoint({ listing });
    const connection = new RawConnection(endpoint.port);
    connection.send('version\r\nconfig get');
    await connection.receive('VERSION 1.6.18\r\n');
    connection.send(' cluster\r\n');
    expect(await connection.receive('END\r\n')).toContain(PAYLOAD);
    connection.destroy();
  });

  test('cuts off a line that does not end', async () => {
    endpoint = await startConfigurationEndpoint({ listing });
    expect((await exchange(endpoint.port, 'x'.repeat(2_049))).toString()).toBe('');
  });

  test('speaks TLS when given key and certificate', async () => {
    endpoint = await startConfigurationEndpoint({ listing, tls: SELF_SIGNED });
    expect((await exchange(endpoint.port, 'config get cluster\r\n', { tls: true })).toString()).toContain(PAYLOAD);
  });

  test('takes a login where it has credentials, but asks for none', async () => {
    endpoint = await startConfigurationEndpoint({ listing, credentials: { username: 'user', password: 'secret' } });
    expect((await exchange(endpoint.port, 'set auth 0 0 11\r\nuser secret\r\nversion\r\n')).toString()).toBe(
      'STORED\r\nVERSION 1.6.18\r\n',
    );
    expect((await exchange(endpoint.port, 'set auth 0 0 10\r\nuser wrong\r\n')).toString()).toBe(
      'CLIENT_ERROR authentication failure\r\n',
    );
    expect((await exchange(endpoint.port, 'config get cluster\r\n')).toString()).toContain(PAYLOAD);
  });

  test('says that its port is in use', async () => {
    endpoint = await startConfigurationEndpoint({ listing });
    await expect(startConfigurationEndpoint({ listing, port: endpoint.port })).rejects.toMatchObject({
      code: 'SESS_PORT_IN_USE',
      message: `the configuration endpoint can't listen on 127.0.0.1:${endpoint.port}: the port is in use; choose another or leave it out`,
    });
  });

  test('breaks its connections when it is closed, twice without harm', async () => {
    endpoint = await startConfigurationEndpoint({ listing });
    const connection = new RawConnection(endpoint.port);
    connection.send('version\r\n');
    await connection.receive('\r\n');
    await Promise.all([endpoint.close(), endpoint.close(), connection.closed()]);
  });
});
