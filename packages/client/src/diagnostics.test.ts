import { describe, expect, it, onTestFinished } from 'vitest';

import { settled } from '../test/fake-clock.ts';
import { A, B, C, fakeCluster, keyOf } from '../test/fake-cluster.ts';
import { FakeDiscovery } from '../test/fake-discovery.ts';
import { allHeard } from '../test/heard.ts';
import { createClient } from './client.ts';

const ttlSeconds = 60;

describe('sess:client:node', () => {
  it('tells every change of state, and why', async () => {
    const heard = allHeard('sess:client:node');
    const { network, clock } = await fakeCluster([A]);
    network.at(A).behaviour = 'refuses';
    network.at(A).drop();
    await clock.pass(10);
    network.at(A).behaviour = 'answers';
    await clock.pass(1_000);
    expect(heard).toMatchObject([
      { node: A, from: 'unknown', to: 'up', cause: undefined },
      { node: A, from: 'up', to: 'suspect', cause: { code: 'SESS_CONNECTION' } },
      { node: A, from: 'suspect', to: 'down', cause: { code: 'SESS_CONNECTION' } },
      { node: A, from: 'down', to: 'up', cause: undefined },
    ]);
  });

  it('is silent about nodes that are closed on purpose', async () => {
    const { client, network } = await fakeCluster([A, B]);
    network.at(B).behaviour = 'hangs';
    const answer = client.get(keyOf(client, B)).catch(() => undefined);
    await settled();
    const heard = allHeard('sess:client:node');
    client.destroy();
    network.at(B).drop();
    await answer;
    expect(heard).toEqual([]);
  });
});

describe('sess:client:topology', () => {
  it('tells what came, what left and what was replaced', async () => {
    const heard = allHeard('sess:client:topology');
    const { discovery } = await fakeCluster([A, B]);
    discovery.report(`${A}|192.0.2.7`, C);
    expect(heard).toEqual([
      { version: undefined, nodes: [A, B], added: [A, B], removed: [], replaced: [] },
      { version: undefined, nodes: [A, C], added: [C], removed: [B], replaced: [A] },
    ]);
  });
});

describe('sess:client:view', () => {
  it('tells which nodes are in rotation, why, and since when', async () => {
    const heard = allHeard('sess:client:view');
    const { network, clock, discovery } = await fakeCluster([A, B]);
    const began = clock.now();
    discovery.report(A, B, C);
    await settled();
    network.at(B).behaviour = 'refuses';
    network.at(B).drop();
    await clock.pass(10);
    expect(heard).toEqual([
      { nodes: [A, B], cause: 'discovery', since: began },
      { nodes: [A, B, C], cause: 'discovery', since: began },
      { nodes: [A, C], cause: 'node-down', since: expect.any(Number) as number },
    ]);
  });

  it('is silent about lists that change nothing', async () => {
    const { discovery } = await fakeCluster([A, B]);
    const heard = allHeard('sess:client:view');
    discovery.report(B, A);
    await settled();
    expect(heard).toEqual([]);
  });
});

describe('sess:client:views-disagree', () => {
  it('tells that another client keeps to another list, once a minute', async () => {
    const heard = allHeard('sess:client:views-disagree');
    // With a secret, the client with the shorter list also writes to the node that is missing from it.
    const options = { historyIntervalMs: 1_000, historySecret: 'the secret that both of the clients know' };
    const { network, clock } = await fakeCluster([A, B], options);
    const theirs = new FakeDiscovery();
    const other = createClient({ discovery: theirs, transport: network, clock, random: () => 0.5, ...options });
    onTestFinished(() => other.destroy());
    theirs.report(A);
    await clock.pass(10_000);
    expect(heard).toEqual([]);
    await clock.pass(50_000);
    const lists = heard.map(({ nodes, otherNodes }) => `${nodes.join(' ')} | ${otherNodes.join(' ')}`);
    expect(lists.toSorted()).toEqual([`${A} ${B} | ${A}`, `${A} | ${A} ${B}`].toSorted());
    expect(heard[0]?.confirmedAt).toBeGreaterThan(clock.now() - 60_000);
    await clock.pass(60_000);
    expect(heard.length).toBe(4);
  });
});

describe('sess:client:discovery-error', () => {
  it('tells of looks that failed and of lists that can not be used', async () => {
    const heard = allHeard('sess:client:discovery-error');
    const { discovery } = await fakeCluster([A]);
    discovery.fail(new Error('no such host'));
    discovery.report();
    discovery.report('10.0.0.1:0');
    expect(heard.map(({ error }) => error.message)).toEqual([
      'no such host',
      expect.stringContaining('it names no node'),
      expect.stringContaining("A list of nodes can't be used: "),
    ]);
  });
});

describe('sess:client:request', () => {
  it('tells each request, how long it took and what came of it, and neither key nor value', async () => {
    const { client, network, clock } = await fakeCluster([A]);
    // Writes the time to live to the history before anything is counted.
    await client.set('other-key', 'value', { ttlSeconds });
    const heard = allHeard('sess:client:request');
    await client.get('secret-key');
    const written = await client.set('secret-key', 'secret-value', { ttlSeconds, expect: 'absent' });
    await client.set('secret-key', 'x', { ttlSeconds, expect: 'absent' }).catch(() => undefined);
    await client.set('secret-key', 'secret-value', { ttlSeconds, expect: written });
    await client.touch('secret-key', 10);
    await client.delete('secret-key', { ttlSeconds });
    network.at(A).behaviour = 'hangs';
    const late = client.get('secret-key').catch(() => undefined);
    await clock.pass(500);
    await late;
    expect(heard.map(({ node, request, outcome }) => [node, request, outcome])).toEqual([
      [A, 'get', 'miss'],
      [A, 'store', 'stored'],
      [A, 'store', 'exists'],
      [A, 'get', 'hit'],
      [A, 'get', 'hit'],
      [A, 'store', 'stored'],
      [A, 'touch', 'hit'],
      [A, 'get', 'hit'],
      [A, 'store', 'stored'],
      [A, 'get', 'error'],
    ]);
    expect(heard.at(-1)).toMatchObject({ durationMs: 500, error: { code: 'SESS_TIMEOUT' } });
    expect(JSON.stringify(heard)).not.toContain('secret');
  });
});
