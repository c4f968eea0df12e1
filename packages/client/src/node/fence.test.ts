import { describe, expect, it } from 'vitest';

import { A, B, fakeCluster, keyOf } from '../../test/fake-cluster.ts';
import { settled } from '../../test/fake-clock.ts';
import { Fence } from './fence.ts';

const ttlSeconds = 60;

/** A node that answers when the test says so. */
class AnsweringNode {
  readonly asked: string[] = [];
  readonly #answers: ((token: Buffer | undefined) => void)[] = [];
  readonly #failures: ((error: Error) => void)[] = [];

  readonly fence: Fence = new Fence('10.0.0.1:11211', ['first', 'second'], async (key, take) => {
    this.asked.push(key);
    const token = await new Promise<Buffer | undefined>((resolve, reject) => {
      this.#answers.push(resolve);
      this.#failures.push(reject);
    });
    return take(token);
  });

  answer(...tokens: (string | undefined)[]): void {
    for (const token of tokens) this.#answers.shift()?.(token === undefined ? undefined : Buffer.from(token));
    this.#failures.splice(0, tokens.length);
  }

  fail(): void {
    this.#failures.shift()?.(new Error('no answer'));
    this.#answers.shift();
  }
}

const one = [Buffer.from('1'), Buffer.from('2')];

describe('the fence of a node', () => {
  it.each([
    ['holds while every token is the one acted by', ['1', '2'], true],
    ['does not hold when one token is another', ['1', '3'], false],
    ['does not hold where a token is missing', ['1', undefined], false],
  ])('%s', async (_, tokens, holds) => {
    const node = new AnsweringNode();
    node.fence.actBy(one);
    const { answer } = node.fence.check();
    await settled();
    node.answer(...tokens);
    expect(await answer).toBe(holds);
    expect(node.fence.isKnown).toBe(holds);
  });

  it('does not hold before the history was read, nor where it has no token, nor when the node does not answer', async () => {
    const node = new AnsweringNode();
    const unread = node.fence.check();
    await settled();
    node.answer('1', '2');
    expect(await unread.answer).toBe(false);
    node.fence.actBy([Buffer.from('1'), undefined]);
    const without = node.fence.check();
    await settled();
    node.answer('1', undefined);
    expect(await without.answer).toBe(false);
    node.fence.actBy(one);
    const silent = node.fence.check();
    await settled();
    node.fail();
    expect(await silent.answer).toBe(false);
    expect(node.fence.isKnown).toBe(false);
  });

  it('is checked once for the requests of a turn, and once more for each thirty-two', async () => {
    const node = new AnsweringNode();
    const checks = Array.from({ length: 80 }, () => node.fence.check());
    expect(node.asked).toHaveLength(2 * 2);
    await settled();
    expect(node.asked).toHaveLength(3 * 2);
    expect(new Set(checks).size).toBe(3);
    // A read requested in the next turn of the event loop is sent after the requests of that turn.
    expect(checks).not.toContain(node.fence.check());
  });
});

describe('a settled write', () => {
  it('is one round trip: the check leaves behind it, before anything was answered', async () => {
    const { client, network, clock } = await fakeCluster([A]);
    await client.set('key', 'value', { ttlSeconds });
    network.at(A).behaviour = 'hangs';
    const before = network.at(A).requests.length;
    const written = client.set('key', 'other', { ttlSeconds }).catch((error: unknown) => error);
    await settled();
    expect(network.at(A).requests.slice(before)).toEqual(['set', 'history']);
    await clock.pass(1_000);
    await written;
  });

  it('is not acknowledged by an old map: a view that was published meanwhile is read, and written by as well', async () => {
    const { client, network, discovery } = await fakeCluster([A, B]);
    const key = keyOf(client, B);
    await client.set(key, 'value', { ttlSeconds });
    // Another client publishes that B is gone while this one's write is in flight.
    let published = false;
    network.at(B).beforeRequest = (request) => {
      if (request !== 'set' || published) return;
      published = true;
      discovery.report(A);
    };
    await client.set(key, 'changed', { ttlSeconds });
    expect(client.explain(key)).toMatchObject({ owners: [A], elders: [B] });
    expect(network.at(A).get(key)).toBeDefined();
  });
});

describe('a read', () => {
  it('is one request where the session is there, and checks the fence where it is missing', async () => {
    const { client, network } = await fakeCluster([A]);
    await client.set('key', 'value', { ttlSeconds });
    const { requests } = network.at(A);
    const before = requests.length;
    await client.get('key');
    expect(requests.slice(before)).toEqual(['get']);
    await client.get('other');
    expect(requests.slice(before + 1)).toEqual(['get', 'history']);
  });
});
