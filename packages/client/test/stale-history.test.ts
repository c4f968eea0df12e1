/**
 * A process starts when the node that it reaches was out of reach of all clients, and those acted on a view without it:
 * the node's history lacks that view, and claims to be whole.
 */
import { expect, it } from 'vitest';

import { A, B, C, fakeCluster, join, keyOf, type FakeCluster } from './fake-cluster.ts';

const ttlSeconds = 600;
const PACE = { copies: 1, historyIntervalMs: 1_000, handover: { clockSkewMs: 0 } };

/** Only B has the session and knows the view, and only A answers. `key`: owned by A if all are in rotation. */
async function onlyBKnows(nodes: readonly string[] = [A, B]): Promise<FakeCluster & { readonly key: string }> {
  const cluster = await fakeCluster([]);
  const { network, clock } = cluster;
  const { client } = await join(cluster, nodes, PACE);
  await clock.pass(10_000);
  const key = keyOf(client, A);
  for (const id of nodes) if (id !== B) network.at(id).behaviour = 'hangs';
  await clock.passUntil(() => client.explain(key).owners[0] === B);
  await clock.pass(10_000);
  await client.set(key, 'value', { ttlSeconds, expect: 'absent' });
  client.destroy();
  network.at(B).behaviour = 'hangs';
  network.at(A).behaviour = 'answers';
  await clock.pass(10_000);
  return { ...cluster, key };
}

/** What a get comes to: the value, the code of its error, or `undefined`. */
async function found({ clock }: FakeCluster, client: FakeCluster['client'], key: string): Promise<unknown> {
  let outcome: { readonly is: unknown } | undefined;
  client.get(key).then(
    (record) => (outcome = { is: record?.value.toString() }),
    (error: unknown) => (outcome = { is: (error as { readonly code: unknown }).code }),
  );
  await clock.passUntil(() => outcome !== undefined);
  return outcome?.is;
}

it('does not report a session missing before the other node had time to answer, nor does the next process', async () => {
  const cluster = await onlyBKnows();
  const { network, clock, key } = cluster;
  const { client } = await join(cluster, [A, B], PACE);
  await clock.pass(1_500);
  expect(await found(cluster, client, key)).toBe('SESS_UNAVAILABLE');
  const next = await join(cluster, [A, B], PACE);
  await clock.pass(500);
  for (const each of [client, next.client]) expect(await found(cluster, each, key)).toBe('SESS_UNAVAILABLE');
  network.at(B).behaviour = 'answers';
  await clock.passUntil(() => client.topology.states.get(B) === 'up' && next.client.topology.states.get(B) === 'up');
  for (const each of [client, next.client]) expect(await found(cluster, each, key)).toBe('value');
});

it('does not take the confirmation that it wrote itself for one of another client', async () => {
  const cluster = await onlyBKnows([A, B, C]);
  const { network, clock, key } = cluster;
  const { client } = await join(cluster, [A, B, C], PACE);
  await clock.pass(1_500);
  network.at(C).behaviour = 'answers';
  await clock.passUntil(() => client.topology.states.get(C) === 'up');
  await clock.pass(200);
  expect(await found(cluster, client, key)).toBe('SESS_UNAVAILABLE');
});

it('does not wait for longer than clients have to confirm their view', async () => {
  const cluster = await onlyBKnows();
  const { clock, key } = cluster;
  const { client } = await join(cluster, [A, B], PACE);
  await clock.pass(6_000);
  expect(await found(cluster, client, key)).toBeUndefined();
});

it('does not wait if a client still acts on a view of that node', async () => {
  const cluster = await fakeCluster([]);
  const { network, clock } = cluster;
  const first = await join(cluster, [A, B], PACE);
  await clock.pass(10_000);
  const key = keyOf(first.client, A);
  network.at(B).behaviour = 'hangs';
  await clock.passUntil(() => first.client.topology.states.get(B) === 'down');
  await clock.pass(5_000);
  const { client } = await join(cluster, [A, B], PACE);
  await clock.passUntil(() => client.topology.states.has(A));
  expect(await found(cluster, client, key)).toBeUndefined();
});
