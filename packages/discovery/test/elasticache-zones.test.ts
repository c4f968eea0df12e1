/** Zones of nodes, from an API like that of AWS. With the SDK itself and nodes: the command's tests. */
import { describe, expect, it } from 'vitest';
import { elasticacheIn } from '../src/elasticache/elasticache.ts';
import type { DescribesCacheClusters } from '../src/elasticache/zones.ts';
import { DiscoveryError } from '../src/errors.ts';
import { elasticache } from '../src/index.ts';
import { use } from './use.ts';
import { ManualClock } from './manual-clock.ts';
import { RecordingListener } from './recording-listener.ts';
import { answering, configReply, ScriptedServer } from './scripted-server.ts';
import { testEnvironment } from './test-environment.ts';

type Answer = Awaited<ReturnType<DescribesCacheClusters['describeCacheClusters']>>;
type Described = NonNullable<Answer['CacheClusters']>[number];

/** A node as AWS describes it. */
function described(name: string, zone?: string): NonNullable<Described['CacheNodes']>[number] {
  return { Endpoint: { Address: `${name}.cache.test`, Port: 11_211 }, CustomerAvailabilityZone: zone };
}

/** The API; counts questions. */
class Aws implements DescribesCacheClusters {
  readonly asked: { readonly cluster: string; readonly withNodes: boolean }[] = [];
  answer: () => Promise<Answer>;

  constructor(...nodes: readonly NonNullable<Described['CacheNodes']>[number][]) {
    this.answer = answers(nodes);
  }

  async describeCacheClusters(input: { CacheClusterId: string; ShowCacheNodeInfo: boolean }): Promise<Answer> {
    this.asked.push({ cluster: input.CacheClusterId, withNodes: input.ShowCacheNodeInfo });
    return this.answer();
  }
}

function answers(CacheNodes: Described['CacheNodes'], zone = 'Multiple'): () => Promise<Answer> {
  return async () => ({ CacheClusters: [{ PreferredAvailabilityZone: zone, CacheNodes }] });
}

function refuses(name: string, message: string): () => Promise<Answer> {
  return () => Promise.reject(Object.assign(new Error(message), { name }));
}

async function cluster(aws: Aws, ...names: readonly string[]) {
  const list = { version: 1, names };
  const reply = (): string =>
    configReply(list.version, list.names.map((name) => `${name}.cache.test|127.0.0.1|11211`).join(' '));
  const server = use(await ScriptedServer.start(answering(reply)));
  const clock = new ManualClock();
  const listener = new RecordingListener();
  const environment = testEnvironment({}, { clock });
  const discovery = elasticacheIn(environment, `127.0.0.1:${server.port}`, { zones: { from: aws, cluster: 'shop' } });
  const watch = use(discovery.watch(listener));
  const zones = (): readonly unknown[] | undefined =>
    listener.topologies.at(-1)?.nodes.map(({ host, zone }) => [host.split('.')[0], zone]);
  return { list, clock, listener, watch, zones };
}

const code = 'SESS_DISCOVERY_ZONES';

describe('nodes of an ElastiCache endpoint with zones from AWS', () => {
  it('have them from the first list on, whatever the order of the answer, and its spelling of names', async () => {
    const aws = new Aws(described('B', 'use1-az2'), described('a', 'use1-az1'));
    const { watch, zones } = await cluster(aws, 'a', 'b');
    await watch.ready();
    expect(zones()).toEqual([
      ['a', 'use1-az1'],
      ['b', 'use1-az2'],
    ]);
    expect(aws.asked).toEqual([{ cluster: 'shop', withNodes: true }]);
  });

  it('have the zone of the cluster where AWS tells none of the node, unless that is "Multiple"', async () => {
    const aws = new Aws();
    aws.answer = answers([described('a')], 'use1-az3');
    const { watch, zones } = await cluster(aws, 'a');
    await watch.ready();
    expect(zones()).toEqual([['a', 'use1-az3']]);
    const several = new Aws(described('a'));
    await expect((await cluster(several, 'a')).watch.ready()).rejects.toMatchObject({ code });
  });

  it('ask AWS only when the list changes', async () => {
    const aws = new Aws(described('a', 'z1'), described('b', 'z2'));
    const { watch, list, zones } = await cluster(aws, 'a');
    await watch.ready();
    await watch.refresh();
    await watch.refresh();
    expect(aws.asked).toHaveLength(1);
    Object.assign(list, { version: 2, names: ['a', 'b'] });
    await watch.refresh();
    await watch.refresh();
    expect(aws.asked).toHaveLength(2);
    expect(zones()).toEqual([
      ['a', 'z1'],
      ['b', 'z2'],
    ]);
  });

  it('come into force when AWS describes the new node, and not before', async () => {
    const aws = new Aws(described('a', 'z1'));
    const { watch, list, listener, zones } = await cluster(aws, 'a');
    await watch.ready();
    Object.assign(list, { version: 2, names: ['a', 'b'] });
    await expect(watch.refresh()).rejects.toMatchObject({
      code,
      endpoint: 'shop',
      retryable: true,
      message: expect.stringContaining('no zone of b.cache.test:11211') as string,
    });
    expect(listener.topologies).toHaveLength(1);
    expect(listener.errors).toHaveLength(1);
    aws.answer = answers([described('a', 'z1'), described('b', 'z2')]);
    await watch.refresh();
    expect(zones()).toEqual([
      ['a', 'z1'],
      ['b', 'z2'],
    ]);
  });

  it('that are unknown of many nodes are an error which names the first and counts the others', async () => {
    const { watch } = await cluster(new Aws(), ...Array.from({ length: 300 }, (_, index) => `n${index}`));
    await expect(watch.ready()).rejects.toMatchObject({
      message: expect.stringMatching(
        /no zone of n0\.cache\.test:11211, .*n4\.cache\.test:11211, and 295 more\. /,
      ) as string,
    });
  });

  it('are taken off the list while AWS does not answer, and AWS is asked again for the rest', async () => {
    const aws = new Aws(described('a', 'z1'), described('b', 'z2'));
    const { watch, list, zones } = await cluster(aws, 'a', 'b');
    await watch.ready();
    aws.answer = refuses('ServiceUnavailable', 'later');
    Object.assign(list, { version: 2, names: ['b'] });
    await watch.refresh();
    expect(zones()).toEqual([['b', 'z2']]);
    aws.answer = answers([described('b', 'z3')]);
    await watch.refresh();
    expect(aws.asked).toHaveLength(3);
    expect(zones()).toEqual([['b', 'z3']]);
  });

  it('have no zone of a node that had the name before', async () => {
    const aws = new Aws(described('a', 'z1'), described('b', 'z2'));
    const { watch, list, zones } = await cluster(aws, 'a', 'b');
    await watch.ready();
    Object.assign(list, { version: 2, names: ['a'] });
    await watch.refresh();
    aws.answer = answers([described('a', 'z1')]);
    Object.assign(list, { version: 3, names: ['a', 'b'] });
    await expect(watch.refresh()).rejects.toMatchObject({ code });
    aws.answer = answers([described('a', 'z1'), described('b', 'z9')]);
    await watch.refresh();
    expect(zones()).toEqual([
      ['a', 'z1'],
      ['b', 'z9'],
    ]);
  });

  it('are not waited for beyond five seconds', async () => {
    const aws = new Aws();
    aws.answer = () => new Promise(() => undefined);
    const { watch, clock } = await cluster(aws, 'a');
    const ready = watch.ready();
    ready.catch(() => undefined);
    await clock.timerOf(5_000);
    clock.advance(5_000);
    await expect(ready).rejects.toMatchObject({ code, message: expect.stringContaining('5000 ms') as string });
  });

  it.each([
    [
      'AccessDenied',
      'User: arn:aws:iam::1:user/x is not authorized.',
      'Allow this process elasticache:DescribeCacheClusters',
    ],
    ['AccessDeniedException', 'no', 'Allow this process elasticache:DescribeCacheClusters on the cluster "shop"'],
    ['CredentialsProviderError', 'Could not load credentials from any providers', 'Check the credentials'],
    ['ExpiredToken', 'The security token is expired', 'Check the credentials'],
    ['CacheClusterNotFoundFault', 'CacheCluster not found: shop', 'Give the name of the cluster at AWS'],
    ['Throttling', 'Rate exceeded', 'asked again at the next poll'],
  ])('say what to do when AWS refuses: %s', async (name, message, advice) => {
    const aws = new Aws();
    aws.answer = refuses(name, message);
    const { watch } = await cluster(aws, 'a');
    const error: unknown = await watch.ready().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, cause: { name } });
    const { message: text } = error as Error;
    expect(text).toContain(`The zones of the nodes of "shop" are unknown: ${name}: ${message.replace(/\.$/, '')}. `);
    expect(text).toContain(advice);
  });

  it.each([
    [{ from: {} }, 'Give new ElastiCache({ region }) of @aws-sdk/client-elasticache'],
    [{ from: undefined }, 'zones.from: expected an object with the method describeCacheClusters, got undefined'],
    [{ from: new Aws() }, 'zones.cluster: expected the name of the cluster at AWS, got undefined'],
    [{ from: new Aws(), cluster: '' }, 'zones.cluster: expected the name'],
    [{ form: new Aws() }, 'there is no option "form". Known ones: from, cluster'],
    ['use1-az1', 'elasticache zones: expected an object'],
  ])('are refused where the option is wrong: %o', (zones, message) => {
    const attempt = (): unknown => elasticache('a.cache.test:11211', { zones } as never);
    expect(attempt).toThrow(DiscoveryError);
    expect(attempt).toThrow(message);
  });

  it.each(['shop.abc123.cfg.use1.cache.amazonaws.com:11211', 'Shop.cfg.example.com:11211'])(
    'need no name of the cluster where the endpoint tells it: %s',
    (endpoint) => {
      expect(() => elasticache(endpoint, { zones: { from: new Aws() } })).not.toThrow();
    },
  );
});
