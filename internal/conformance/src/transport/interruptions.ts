import { describe, expect, it } from 'vitest';
import { until } from '../until.ts';
import { Bench, outcomes, type OpenedTransport } from './bench.ts';
import { Relay } from './relay.ts';
import type { TransportSubject } from './subject.ts';
import { noise } from './values.ts';

const ATTRIBUTES = { ttlSeconds: 600, flags: 0 };
const MANY = 500;

export function interruptionSection(subject: TransportSubject): void {
  describe('a node that crashes', () => {
    it('fails everything under way with SESS_CONNECTION, and later requests too: never a miss', async () => {
      await using bench = await Bench.start(subject);
      using opened = bench.open();
      await opened.transport.store('set', 'key', Buffer.from('v'), ATTRIBUTES);
      await bench.pause();
      const underWay = Array.from({ length: MANY }, (_, index) =>
        index % 2 === 0
          ? opened.transport.get(`key-${index}`)
          : opened.transport.store('set', `key-${index}`, noise(100), ATTRIBUTES),
      );
      const settled = outcomes(underWay);
      await bench.crash();
      expect(await settled).toEqual(underWay.map(() => 'SESS_CONNECTION'));
      await opened.disconnections(1);
      await expect(opened.transport.get('key')).rejects.toMatchObject({
        code: 'SESS_CONNECTION',
        retryable: true,
        node: bench.node.id,
      });
      await expect(opened.transport.probe()).rejects.toMatchObject({ code: 'SESS_CONNECTION' });
    });

    it('is spoken to again when it is back', async () => {
      await using bench = await Bench.start(subject);
      using opened = bench.open();
      await opened.transport.store('set', 'key', Buffer.from('v'), ATTRIBUTES);
      await bench.crash();
      await expect(opened.transport.get('key')).rejects.toMatchObject({ code: 'SESS_CONNECTION' });
      await bench.restart();
      await answers(opened);
      expect(await opened.transport.get('key')).toBeUndefined();
      expect(opened.epochs).toHaveLength(2);
      expect(opened.epochs[1]).toBeGreaterThan(opened.epochs[0] ?? Infinity);
    });

    it('comes back with CAS numbers of before, which are not taken', async () => {
      await using bench = await Bench.start(subject);
      using opened = bench.open();
      await opened.transport.store('set', 'key', Buffer.from('before'), ATTRIBUTES);
      const before = await opened.transport.get('key');
      await bench.restart();
      await answers(opened);
      await opened.transport.store('set', 'key', Buffer.from('after'), ATTRIBUTES);
      const after = await opened.transport.get('key');
      // The danger: only the number of the connection distinguishes the two.
      expect(after?.cas.unique).toEqual(before?.cas.unique);
      expect(
        before && (await opened.transport.store({ cas: before.cas }, 'key', Buffer.from('mine'), ATTRIBUTES)),
      ).toBe('exists');
      expect((await opened.transport.get('key'))?.value.toString()).toBe('after');
      expect(after && (await opened.transport.store({ cas: after.cas }, 'key', Buffer.from('mine'), ATTRIBUTES))).toBe(
        'stored',
      );
    });

    it('before it was ever connected fails requests with SESS_CONNECTION', async () => {
      await using bench = await Bench.start(subject);
      await bench.crash();
      using opened = bench.open();
      await expect(opened.transport.get('key')).rejects.toMatchObject({ code: 'SESS_CONNECTION' });
      await opened.disconnections(1);
      await bench.restart();
      await answers(opened);
    });
  });

  describe('a connection that breaks', () => {
    it('in the middle of a reply does not spoil the replies of the next one', async () => {
      await using bench = await Bench.start(subject);
      await using relay = await new Relay(bench.node.port).listen();
      using opened = bench.open({}, { port: relay.port });
      const value = noise(200_000);
      await opened.transport.store('set', 'key', value, ATTRIBUTES);
      for (const bytes of [1, 10, 30, 5_000, 150_000]) {
        let left = bytes;
        relay.onReply = (chunk, client) => {
          if (left <= 0) return;
          client.write(chunk.subarray(0, left));
          left -= chunk.length;
          if (left <= 0) client.end();
        };
        await expect(opened.transport.get('key')).rejects.toMatchObject({ code: 'SESS_CONNECTION' });
        relay.onReply = (chunk, client) => void client.write(chunk);
        await answers(opened);
        expect((await opened.transport.get('key'))?.value.equals(value)).toBe(true);
      }
    });

    it('is made anew without a request', async () => {
      await using bench = await Bench.start(subject);
      await using relay = await new Relay(bench.node.port).listen();
      using opened = bench.open({}, { port: relay.port });
      await opened.transport.probe();
      relay.cut();
      await until('there is a second connection', () => (opened.epochs.length > 1 ? true : undefined));
      expect(opened.losses.length).toBeGreaterThanOrEqual(1);
      for (const loss of opened.losses) expect(loss).toMatchObject({ name: 'SessClientError' });
    });

    it('costs only what was under way, if it was the first', async () => {
      await using bench = await Bench.start(subject);
      await using relay = await new Relay(bench.node.port).listen();
      using opened = bench.open({}, { port: relay.port });
      await opened.transport.store('set', 'key', Buffer.from('v'), ATTRIBUTES);
      relay.cut();
      await opened.disconnections(1);
      expect((await opened.transport.get('key'))?.value.toString()).toBe('v');
    });

    it('as soon as it is made, again and again, is not made anew with each request or probe', async () => {
      await using bench = await Bench.start(subject);
      await using relay = await new Relay(bench.node.port).listen();
      using opened = bench.open({}, { port: relay.port });
      for (let asked = 0; asked < MANY; asked += 1) {
        await outcomes([asked % 2 === 0 ? opened.transport.get('key') : opened.transport.probe()]);
        const lost = opened.losses.length;
        if (opened.epochs.length === lost) continue;
        relay.cut();
        await opened.disconnections(lost + 1);
      }
      expect(relay.connections).toBeGreaterThan(1);
      expect(relay.connections).toBeLessThan(MANY / 10);
      await answers(opened);
    });

    it('takes the CAS numbers that it has read with it', async () => {
      await using bench = await Bench.start(subject);
      await using relay = await new Relay(bench.node.port).listen();
      using opened = bench.open({}, { port: relay.port });
      await opened.transport.store('set', 'key', Buffer.from('v'), ATTRIBUTES);
      const item = await opened.transport.get('key');
      relay.cut();
      await opened.disconnections(1);
      await answers(opened);
      expect(item && (await opened.transport.store({ cas: item.cas }, 'key', Buffer.from('mine'), ATTRIBUTES))).toBe(
        'exists',
      );
      expect((await opened.transport.get('key'))?.value.toString()).toBe('v');
    });
  });

  describe('a reply that makes no sense', () => {
    it('fails what was under way with SESS_PROTOCOL, and the connection is made anew', async () => {
      await using bench = await Bench.start(subject);
      await using relay = await new Relay(bench.node.port).listen();
      using opened = bench.open({}, { port: relay.port });
      await opened.transport.store('set', 'key', Buffer.from('v'), ATTRIBUTES);
      relay.onReply = (_bytes, client) => void client.write(`\x01${'nonsense'.repeat(20)}\r\n`);
      expect(await outcomes(['key', 'other'].map((key) => opened.transport.get(key)))).toEqual([
        'SESS_PROTOCOL',
        'SESS_PROTOCOL',
      ]);
      relay.onReply = (bytes, client) => void client.write(bytes);
      await answers(opened);
      expect((await opened.transport.get('key'))?.value.toString()).toBe('v');
      expect(relay.connections).toBeGreaterThan(1);
    });
  });

  describe('a node that hangs', () => {
    it('fails each request when its time is over, and a late reply never answers another', async () => {
      await using bench = await Bench.start(subject);
      using opened = bench.open({ timeoutMs: 300 });
      const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);
      await Promise.all(keys.map((key) => opened.transport.store('set', key, Buffer.from(key), ATTRIBUTES)));
      for (let round = 0; round < 3; round += 1) {
        await bench.pause();
        const start = performance.now();
        const lost = keys.slice(0, 7 + round).map((key) => opened.transport.get(key));
        expect(await outcomes(lost)).toEqual(lost.map(() => 'SESS_TIMEOUT'));
        // By this clock, a timer may fire a millisecond early.
        expect(performance.now() - start).toBeGreaterThanOrEqual(299);
        await bench.resume();
        await answers(opened);
        const items = await Promise.all(keys.toReversed().map((key) => opened.transport.get(key)));
        expect(items.map((item) => item?.value.toString())).toEqual(keys.toReversed());
      }
    });

    it('is not waited for longer than connectTimeoutMs when it never greets', async () => {
      await using bench = await Bench.start(subject);
      await using relay = await new Relay(bench.node.port).listen();
      relay.onReply = () => undefined;
      using opened = bench.open({ connectTimeoutMs: 200, timeoutMs: 5_000, tls: {} }, { port: relay.port });
      const failure: unknown = await opened.transport.get('key').catch((error: unknown) => error);
      expect(failure).toMatchObject({
        name: 'SessClientError',
        code: expect.stringMatching(/^SESS_(TIMEOUT|CONNECTION)$/),
      });
      await opened.disconnections(1);
      // Must differ from a refusal: a timeout is counted, a refusal ejects the node at once.
      expect(opened.losses[0]).toMatchObject({ code: 'SESS_TIMEOUT', message: expect.stringContaining('200 ms') });
      expect(opened.epochs).toHaveLength(0);
    });
  });
}

/** Resolves when the node answers requests again; ignores failures until then. */
export function answers({ transport }: OpenedTransport): Promise<string> {
  return until('the node answers again', () => transport.probe());
}
