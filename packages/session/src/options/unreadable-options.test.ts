import { describe, expect, it } from 'vitest';
import { createSessions } from '../create-sessions.ts';
import { clusterOptions, openCluster } from './cluster-options.ts';
import type { SessionsOptions } from './options.ts';
import { sessionsOptions } from './resolve-options.ts';

const secret = 'a secret of at least thirty-two bytes';
const servers = 'memcached://127.0.0.1:1';
const thrown = new Error('a text that may show the pa55W0RD');

function fail(): never {
  throw thrown;
}

/** `others`, and the option `name`, which throws when it is read. */
function throwing(name: string, others: object = {}): object {
  return Object.defineProperty({ ...others }, name, { enumerable: true, get: fail });
}

const OF_CLIENT: readonly (readonly [string, (others: object) => object])[] = [
  ['servers', (others) => throwing('servers', others)],
  ['client', (others) => throwing('client', { ...others, servers })],
  ['log', (others) => throwing('log', { ...others, servers })],
  ...['copies', 'servers', 'discovery', 'historySecret', 'observe', 'get', 'tls'].map(
    (name) => [`client.${name}`, (others: object) => ({ ...others, servers, client: throwing(name) })] as const,
  ),
  ['client.tls.ca', (others) => ({ ...others, servers, client: { tls: throwing('ca') } })],
  ...['get', 'has', 'ownKeys', 'getPrototypeOf'].map(
    (trap) =>
      [
        `client, a proxy with ${trap}`,
        (others: object) => ({ ...others, servers, client: new Proxy({}, { [trap]: fail }) }),
      ] as const,
  ),
];

const OF_SESSIONS: typeof OF_CLIENT = [
  ['store', (others) => throwing('store', others)],
  ['ttlSeconds', (others) => throwing('ttlSeconds', { ...others, servers })],
  ['cookie.name', (others) => ({ ...others, servers, cookie: throwing('name') })],
  ['compress.aboveBytes', (others) => ({ ...others, servers, compress: throwing('aboveBytes') })],
  ['encrypt.secret', (others) => ({ ...others, servers, encrypt: throwing('secret') })],
  ['secret', (others) => ({ ...others, servers, secret: new Proxy([secret], { get: fail }) })],
  ['now', (others) => ({ ...others, servers, now: fail })],
];

/** One line that shows nothing of the error; that is its cause, or the cause of the client's error. */
function expectRefusal(attempt: () => unknown): void {
  let error: unknown;
  try {
    attempt();
  } catch (refusal) {
    error = refusal;
  }
  expect(error).toMatchObject({
    code: 'SESS_BAD_OPTION',
    message: expect.stringMatching(/^(?!.*pa55W0RD).*threw an error \(see the cause\)\.?$/),
  });
  const { cause } = error as Error;
  expect([cause, (cause as Error).cause]).toContain(thrown);
}

describe('an option that throws when it is read', () => {
  it.each([...OF_CLIENT, ...OF_SESSIONS])('is refused by createSessions: %s', (_, options) => {
    expectRefusal(() => createSessions(options({ secret }) as SessionsOptions));
  });

  it.each(OF_CLIENT)('is refused by a store for another library: %s', (_, options) => {
    expectRefusal(() => openCluster(options({}), { ttlSeconds: 60, keyPrefix: 't/' }));
  });

  it('is refused before an adapter or a store splits off its own options', () => {
    expectRefusal(() => sessionsOptions(throwing('ignore') as SessionsOptions));
    expectRefusal(() => clusterOptions(throwing('onOutage')));
  });

  it('is read once: what it says later does not matter', async () => {
    let reads = 0;
    const client = {
      get copies(): number {
        reads += 1;
        return reads;
      },
    };
    const cluster = openCluster({ servers, client }, { ttlSeconds: 60, keyPrefix: 't/' });
    expect(reads).toBe(1);
    await cluster.close();
  });
});

it('refuses a list of secrets with a hole', () => {
  // oxlint-disable-next-line no-sparse-arrays -- that is what is refused
  expect(() => createSessions({ servers, secret: [secret, , secret] as string[] })).toThrow(/option "secret/);
});
