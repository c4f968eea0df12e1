import { expect, it } from 'vitest';

import { FakeClock, settled } from '../../test/fake-clock.ts';
import { NameWatch } from './name-watch.ts';

function setup(): { clock: FakeClock; watch: NameWatch; seen: { looks: number; moves: number }; leadTo: LeadTo } {
  const clock = new FakeClock();
  const seen = { looks: 0, moves: 0 };
  let found: readonly string[] | undefined = ['192.0.2.1'];
  const watch = new NameWatch({
    addresses: () => {
      seen.looks += 1;
      return found === undefined
        ? Promise.reject(new Error('ENOTFOUND'))
        : Promise.resolve(found.map((address) => ({ address })));
    },
    onMoved: () => void (seen.moves += 1),
    clock,
    random: () => 0.5,
  });
  const leadTo: LeadTo = (...addresses) => void (found = addresses.length === 0 ? undefined : addresses);
  return { clock, watch, seen, leadTo };
}

/** Without an address, the name does not resolve. */
type LeadTo = (...addresses: readonly string[]) => void;

it('says once that the name leads to another address, while it looks', async () => {
  const { clock, watch, seen, leadTo } = setup();
  watch.start();
  await clock.pass(10_000);
  expect(seen).toEqual({ looks: 21, moves: 0 });
  leadTo('192.0.2.2');
  await clock.pass(10_000);
  expect(seen).toEqual({ looks: 22, moves: 1 });
});

it('does not look while the node answers, and then compares with the time before', async () => {
  const { clock, watch, seen, leadTo } = setup();
  watch.start();
  await settled();
  watch.stop();
  leadTo('192.0.2.2');
  await clock.pass(10_000);
  expect(seen).toEqual({ looks: 1, moves: 0 });
  watch.start();
  await settled();
  expect(seen).toEqual({ looks: 2, moves: 1 });
});

it('takes an answer with fewer addresses or none, or in another order, for no move', async () => {
  const { clock, watch, seen, leadTo } = setup();
  leadTo('192.0.2.1', '2001:db8::1');
  watch.start();
  await settled();
  for (const addresses of [['2001:db8::1', '192.0.2.1'], ['192.0.2.1'], [], ['2001:db8::1']]) {
    leadTo(...addresses);
    await clock.pass(500);
  }
  expect(seen).toEqual({ looks: 5, moves: 0 });
});

it('takes the first address of a name that did not resolve for a move', async () => {
  const { clock, watch, seen, leadTo } = setup();
  leadTo();
  watch.start();
  await clock.pass(1_000);
  expect(seen.moves).toBe(0);
  leadTo('192.0.2.1');
  await clock.pass(500);
  expect(seen.moves).toBe(1);
});

it('leaves no timer, however it is started and stopped', async () => {
  const { clock, watch, seen } = setup();
  watch.start();
  watch.start();
  watch.stop();
  watch.start();
  await settled();
  watch.stop();
  await settled();
  expect(clock.timers).toBe(0);
  expect(seen.moves).toBe(0);
});
