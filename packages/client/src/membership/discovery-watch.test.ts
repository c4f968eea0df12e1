import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fake-clock.ts';
import { FakeDiscovery } from '../../test/fake-discovery.ts';
import { DiscoveryWatch } from './discovery-watch.ts';

function setup(): { discovery: FakeDiscovery; clock: FakeClock; watch: DiscoveryWatch } {
  const [discovery, clock] = [new FakeDiscovery(), new FakeClock()];
  const watch = new DiscoveryWatch({
    discovery,
    clock,
    zoneOf: undefined,
    use: () => false,
    onTopology: () => undefined,
    onError: () => undefined,
  });
  watch.start();
  return { discovery, clock, watch };
}

describe('discovery is refreshed', () => {
  it('when the history names a node that discovery has not listed, once', async () => {
    const { discovery, clock, watch } = setup();
    watch.named(new Set(['a', 'b']), new Set(['a', 'b']));
    expect(discovery.refreshes).toBe(0);
    watch.named(new Set(['a', 'b', 'c']), new Set(['a', 'b']));
    expect(discovery.refreshes).toBe(1);
    await clock.pass(60_000);
    watch.named(new Set(['a', 'b', 'c']), new Set(['a', 'b']));
    expect(discovery.refreshes).toBe(1);
  });

  it('not when a node leaves the list or joins it', () => {
    const { discovery, watch } = setup();
    watch.named(new Set(['a', 'b']), new Set(['a', 'b']));
    watch.named(new Set(['a', 'b', 'c']), new Set(['b', 'c']));
    expect(discovery.refreshes).toBe(0);
  });

  it('at most once a second, and never after the end', async () => {
    const { discovery, clock, watch } = setup();
    watch.refresh();
    watch.named(new Set(['a']), new Set());
    expect(discovery.refreshes).toBe(1);
    await clock.pass(1_000);
    watch.refresh();
    expect(discovery.refreshes).toBe(2);
    watch.close();
    await clock.pass(1_000);
    watch.named(new Set(['b']), new Set());
    expect(discovery.refreshes).toBe(2);
  });
});
