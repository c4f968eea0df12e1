import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Bench, outcomes } from './bench.ts';
import { answers } from './interruptions.ts';
import { Relay } from './relay.ts';
import type { TransportSubject } from './subject.ts';
import { noise } from './values.ts';

const ATTRIBUTES = { ttlSeconds: 600, flags: 0 };

export function boundSection(subject: TransportSubject): void {
  describe('maxInFlight', () => {
    it('refuses one request more than may wait, at once, and lets the others be', async () => {
      await using bench = await Bench.start(subject);
      using opened = bench.open({ maxInFlight: 10 });
      await opened.transport.store('set', 'key', Buffer.from('v'), ATTRIBUTES);
      await bench.pause();
      const admitted = Array.from({ length: 10 }, () => opened.transport.get('key'));
      await expect(opened.transport.get('key')).rejects.toMatchObject({ code: 'SESS_OVERLOADED', retryable: true });
      await expect(opened.transport.store('set', 'key', noise(10), ATTRIBUTES)).rejects.toMatchObject({
        code: 'SESS_OVERLOADED',
      });
      await bench.resume();
      for (const item of await Promise.all(admitted)) expect(item?.value.toString()).toBe('v');
      expect((await opened.transport.get('key'))?.value.toString()).toBe('v');
    });

    it('holds for what waits for the connection as well', async () => {
      await using bench = await Bench.start(subject);
      using opened = bench.open({ maxInFlight: 10 });
      const results = await outcomes(Array.from({ length: 15 }, () => opened.transport.get('key')));
      expect(results).toEqual([
        ...Array.from({ length: 10 }, () => undefined),
        ...Array.from({ length: 5 }, () => 'SESS_OVERLOADED'),
      ]);
    });

    it('frees the places of requests that timed out when the node answers again', async () => {
      await using bench = await Bench.start(subject);
      using opened = bench.open({ maxInFlight: 10, timeoutMs: 200 });
      await opened.transport.probe();
      await bench.pause();
      const lost = await outcomes(Array.from({ length: 10 }, () => opened.transport.get('key')));
      expect(new Set(lost)).toEqual(new Set(['SESS_TIMEOUT']));
      await bench.resume();
      await answers(opened);
      const results = await outcomes(Array.from({ length: 10 }, () => opened.transport.get('key')));
      expect(results).toEqual(Array.from({ length: 10 }, () => undefined));
    });
  });

  describe('maxQueuedBytes', () => {
    it('refuses what the socket does not take, and what was admitted is written', async () => {
      await using bench = await Bench.start(subject);
      using opened = bench.open({ maxQueuedBytes: 1_048_576 });
      await opened.transport.probe();
      await bench.pause();
      const value = noise(500_000);
      const writes: Promise<unknown>[] = [];
      // The kernel buffers some megabytes for a node that does not read; then the bound must take effect.
      for (let index = 0; index < 100; index += 1) {
        const write = opened.transport.store('set', `key-${index}`, value, ATTRIBUTES);
        write.catch(() => undefined);
        writes.push(write);
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      }
      await bench.resume();
      const results = await outcomes(writes);
      expect(new Set(results)).toEqual(new Set(['stored', 'SESS_OVERLOADED']));
      for (const [index, result] of results.entries()) {
        const item = await opened.transport.get(`key-${index}`);
        expect(item?.value.equals(value)).toBe(result === 'stored' ? true : undefined);
      }
    });
  });

  describe('timeoutMs', () => {
    it('covers the wait for the connection', async () => {
      await using bench = await Bench.start(subject);
      await using relay = await new Relay(bench.node.port).listen();
      relay.onReply = () => undefined;
      using opened = bench.open({ timeoutMs: 100, tls: {} }, { port: relay.port });
      await expect(opened.transport.get('key')).rejects.toMatchObject({ code: 'SESS_TIMEOUT', node: bench.node.id });
    });
  });

  describe('an AbortSignal', () => {
    it('that has fired before the call keeps the request from being sent', async () => {
      await using bench = await Bench.start(subject);
      await using relay = await new Relay(bench.node.port).listen();
      using opened = bench.open({}, { port: relay.port });
      await opened.transport.probe();
      const before = relay.bytesSent;
      await opened.transport.probe();
      const probeBytes = relay.bytesSent - before;
      const signal = AbortSignal.abort(new Error('no longer wanted'));
      const calls = [
        opened.transport.get('key', { signal }),
        opened.transport.store('set', 'key', Buffer.from('v'), ATTRIBUTES, { signal }),
        opened.transport.touch('key', 60, { signal }),
        opened.transport.probe({ signal }),
      ];
      expect(await outcomes(calls)).toEqual(calls.map(() => 'SESS_ABORTED'));
      await opened.transport.probe();
      expect(relay.bytesSent).toBe(before + 2 * probeBytes);
    });

    it('settles its request at once and disturbs no other', async () => {
      await using bench = await Bench.start(subject);
      using opened = bench.open();
      await Promise.all(['a', 'b', 'c'].map((key) => opened.transport.store('set', key, Buffer.from(key), ATTRIBUTES)));
      await bench.pause();
      const controller = new AbortController();
      const first = opened.transport.get('a');
      const aborted = opened.transport.get('b', { signal: controller.signal });
      const last = opened.transport.get('c');
      controller.abort(new Error('no longer wanted'));
      await expect(aborted).rejects.toMatchObject({
        code: 'SESS_ABORTED',
        retryable: false,
        cause: { message: 'no longer wanted' },
      });
      await bench.resume();
      expect((await Promise.all([first, last])).map((item) => item?.value.toString())).toEqual(['a', 'c']);
      expect(opened.losses).toEqual([]);
    });

    it('can be that of any number of requests: it has one listener, and fails them all', async () => {
      await using bench = await Bench.start(subject);
      using opened = bench.open();
      await opened.transport.probe();
      await bench.pause();
      const controller = new AbortController();
      const calls = Array.from({ length: 20 }, () => opened.transport.get('key', { signal: controller.signal }));
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
      controller.abort();
      expect(await outcomes(calls)).toEqual(calls.map(() => 'SESS_ABORTED'));
      await bench.resume();
      expect(await opened.transport.get('key')).toBeUndefined();
    });

    it('that fires after the answer changes nothing, and is let go', async () => {
      await using bench = await Bench.start(subject);
      using opened = bench.open();
      const controller = new AbortController();
      for (let round = 0; round < 20; round += 1) await opened.transport.get('key', { signal: controller.signal });
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
      controller.abort();
      expect(await opened.transport.get('key')).toBeUndefined();
    });
  });
}
