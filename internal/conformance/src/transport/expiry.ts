import { describe, expect, it } from 'vitest';
import { until } from '../until.ts';
import { Bench, TestClock } from './bench.ts';
import type { TransportSubject } from './subject.ts';

const DAY = 86_400;
const THIRTY_DAYS = 30 * DAY;
const VALUE = Buffer.from('v');

export function expirySection(subject: TransportSubject, bench: () => Bench): void {
  const { remainingTtl } = subject.capabilities;

  // Each test waits for seconds on keys of its own, so they run concurrently.
  describe.concurrent('a time to live', () => {
    it('ends', async () => {
      const key = bench().key();
      using opened = bench().open();
      await opened.transport.store('set', key, VALUE, { ttlSeconds: 1, flags: 0 });
      await until('the item has expired', async () =>
        (await opened.transport.get(key)) === undefined ? true : undefined,
      );
      expect(await opened.transport.store('add', key, VALUE, { ttlSeconds: 1, flags: 0 })).toBe('stored');
    });

    it('is moved by touch', async () => {
      const [touched, untouched] = [bench().key(), bench().key()];
      using opened = bench().open();
      await opened.transport.store('set', touched, VALUE, { ttlSeconds: 2, flags: 3 });
      expect(await opened.transport.touch(touched, 600)).toEqual({ flags: 3 });
      await opened.transport.store('set', untouched, VALUE, { ttlSeconds: 2, flags: 3 });
      await until('an item that was stored later has expired', async () =>
        (await opened.transport.get(untouched)) === undefined ? true : undefined,
      );
      expect(await opened.transport.get(touched)).toMatchObject({ value: VALUE, flags: 3 });
    });

    // Not one second: memcached counts whole seconds, so the next may begin at once and expire the item.
    it.each([10, THIRTY_DAYS, THIRTY_DAYS + 1, 365 * DAY])(
      'of %d seconds is not over at once, whoever sets it',
      async (ttlSeconds) => {
        const key = bench().key();
        using opened = bench().open();
        await opened.transport.store('set', key, VALUE, { ttlSeconds, flags: 0 });
        expect(await opened.transport.get(key)).toBeDefined();
        expect(await opened.transport.touch(key, ttlSeconds)).toBeDefined();
        expect(await opened.transport.get(key)).toBeDefined();
      },
    );

    it.each([60, THIRTY_DAYS, THIRTY_DAYS + 100, 0])(
      remainingTtl
        ? 'of %d seconds is told with the item'
        : 'of %d seconds is not made up where the protocol does not tell it',
      async (ttlSeconds) => {
        const key = bench().key();
        using opened = bench().open();
        await opened.transport.store('set', key, VALUE, { ttlSeconds, flags: 0 });
        const told = [(await opened.transport.get(key))?.ttlSeconds];
        await opened.transport.store('set', key, VALUE, { ttlSeconds: 10, flags: 0 });
        await opened.transport.touch(key, ttlSeconds);
        told.push((await opened.transport.get(key))?.ttlSeconds);
        for (const seconds of told) expectRemaining(seconds, ttlSeconds, remainingTtl);
      },
    );
  });
}

export function clockSection(subject: TransportSubject): void {
  describe('a time to live, with the clock put forward', () => {
    it.each([
      [60, 58, 4],
      [THIRTY_DAYS, THIRTY_DAYS - DAY, 2 * DAY],
      [THIRTY_DAYS + 10, THIRTY_DAYS - DAY, 2 * DAY],
      [365 * DAY, 364 * DAY, 2 * DAY],
    ])('of %d seconds ends when it is over', async (ttlSeconds, before, after) => {
      const clock = new TestClock();
      await using own = await Bench.start(subject, { now: clock.now });
      using opened = own.open();
      const [stored, touched, read] = ['stored', 'touched', 'read'];
      await opened.transport.store('set', stored, VALUE, { ttlSeconds, flags: 0 });
      await opened.transport.store('set', touched, VALUE, { ttlSeconds: 0, flags: 0 });
      await opened.transport.touch(touched, ttlSeconds);
      await opened.transport.store('set', read, VALUE, { ttlSeconds: 1, flags: 0 });
      await opened.transport.touch(read, ttlSeconds);
      clock.advanceSeconds(before);
      for (const key of [stored, touched, read]) expect(await opened.transport.get(key)).toBeDefined();
      clock.advanceSeconds(after);
      for (const key of [stored, touched, read]) expect(await opened.transport.get(key)).toBeUndefined();
    });

    it('of 0 never ends', async () => {
      const clock = new TestClock();
      await using own = await Bench.start(subject, { now: clock.now });
      using opened = own.open();
      await opened.transport.store('set', 'key', VALUE, { ttlSeconds: 0, flags: 0 });
      clock.advanceSeconds(5 * 365 * DAY);
      expect(await opened.transport.get('key')).toBeDefined();
    });
  });
}

function expectRemaining(told: number | undefined, ttlSeconds: number, remainingTtl: boolean): void {
  if (!remainingTtl) expect(told).toBeUndefined();
  else if (ttlSeconds === 0) expect(told).toBe(-1);
  else {
    // memcached's clock is coarse: it may be off by a second, either way.
    expect(told).toBeGreaterThanOrEqual(ttlSeconds - 5);
    expect(told).toBeLessThanOrEqual(ttlSeconds + 1);
  }
}
