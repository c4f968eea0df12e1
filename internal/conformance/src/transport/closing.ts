import { createHook } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { until } from '../until.ts';
import { Bench, outcomes, type OpenedTransport } from './bench.ts';
import { Relay } from './relay.ts';
import type { TransportSubject } from './subject.ts';

const ATTRIBUTES = { ttlSeconds: 600, flags: 0 };

export function closingSection(subject: TransportSubject): void {
  describe('close', () => {
    it('lets the requests under way finish, refuses new ones, and leaves no connection', async () => {
      await using bench = await Bench.start(subject);
      await using relay = await new Relay(bench.node.port).listen();
      using opened = bench.open({}, { port: relay.port });
      await opened.transport.store('set', 'key', Buffer.from('v'), ATTRIBUTES);
      await bench.pause();
      const underWay = Array.from({ length: 50 }, () => opened.transport.get('key'));
      const closed = opened.transport.close();
      expect(new Set(await outcomes(everyOperation(opened)))).toEqual(new Set(['SESS_CLOSED']));
      await bench.resume();
      for (const item of await Promise.all(underWay)) expect(item?.value.toString()).toBe('v');
      await closed;
      await relay.idle();
      expect(relay.connections).toBe(1);
    });

    it('sends what still waits for the connection', async () => {
      await using bench = await Bench.start(subject);
      using opened = bench.open();
      const write = opened.transport.store('set', 'key', Buffer.from('v'), ATTRIBUTES);
      await opened.transport.close();
      expect(await write).toBe('stored');
    });

    it('waits no longer than the requests may take', async () => {
      await using bench = await Bench.start(subject);
      using opened = bench.open({ timeoutMs: 200 });
      await opened.transport.probe();
      await bench.pause();
      const request = opened.transport.get('key');
      const results = outcomes([request]);
      await opened.transport.close();
      expect(await results).toEqual(['SESS_TIMEOUT']);
    });

    it('does no harm twice, before a connection, after a crash, or after destroy', async () => {
      await using bench = await Bench.start(subject);
      const unused = bench.open();
      await Promise.all([unused.transport.close(), unused.transport.close()]);
      await unused.transport.close();
      const destroyed = bench.open();
      destroyed.transport.destroy();
      await destroyed.transport.close();
      const crashed = bench.open();
      await crashed.transport.probe();
      await bench.crash();
      await crashed.disconnections(1);
      await crashed.transport.close();
      expect(await outcomes([unused, destroyed, crashed].map(({ transport }) => transport.get('key')))).toEqual(
        Array.from({ length: 3 }, () => 'SESS_CLOSED'),
      );
    });
  });

  describe('destroy', () => {
    it('rejects everything under way with SESS_CLOSED and leaves no connection', async () => {
      await using bench = await Bench.start(subject);
      await using relay = await new Relay(bench.node.port).listen();
      using opened = bench.open({}, { port: relay.port });
      await opened.transport.probe();
      await bench.pause();
      const underWay = outcomes(everyOperation(opened));
      opened.transport.destroy();
      opened.transport.destroy();
      expect(new Set(await underWay)).toEqual(new Set(['SESS_CLOSED']));
      await relay.idle();
      await expect(opened.transport.get('key')).rejects.toMatchObject({ code: 'SESS_CLOSED', retryable: false });
      expect(relay.connections).toBe(1);
    });

    it('ends a close that waits', async () => {
      await using bench = await Bench.start(subject);
      using opened = bench.open();
      await opened.transport.probe();
      await bench.pause();
      const request = outcomes([opened.transport.get('key')]);
      const closed = opened.transport.close();
      opened.transport.destroy();
      await closed;
      expect(await request).toEqual(['SESS_CLOSED']);
    });
  });

  describe('afterwards', () => {
    it('there is no timer and no socket left, whatever happened before', async () => {
      await using bench = await Bench.start(subject);
      const resources = watchResources();
      // Longer than `until` waits, so that a leaked timer still exists at the end.
      const long = { timeoutMs: 60_000, connectTimeoutMs: 60_000 };
      const endings: readonly ((opened: OpenedTransport) => Promise<void> | void)[] = [
        ({ transport }) => transport.close(),
        ({ transport }) => transport.destroy(),
      ];
      for (const end of endings) {
        const idle = bench.open(long);
        await idle.transport.probe();
        await end(idle);
        const connecting = bench.open(long);
        await end(connecting);
        const loaded = bench.open(long);
        const settled = outcomes(Array.from({ length: 100 }, () => loaded.transport.get('key')));
        await end(loaded);
        await settled;
        const crashed = bench.open(long);
        await crashed.transport.probe();
        await bench.crash();
        await crashed.disconnections(2);
        await end(crashed);
        await bench.restart();
      }
      await resources.gone();
    });
  });
}

function everyOperation({ transport }: OpenedTransport): Promise<unknown>[] {
  return [
    transport.get('key'),
    transport.store('set', 'key', Buffer.from('v'), ATTRIBUTES),
    transport.store('add', 'key', Buffer.from('v'), ATTRIBUTES),
    transport.touch('key', 60),
    transport.probe(),
  ];
}

const WATCHED: ReadonlySet<string> = new Set(['Timeout', 'TCPWRAP', 'TCPCONNECTWRAP']);

/** Tracks the timers and sockets created from now on; `gone` resolves when none is left. */
function watchResources(): { readonly gone: () => Promise<void> } {
  const living = new Map<number, string>();
  const hook = createHook({
    init: (id, kind) => {
      if (WATCHED.has(kind)) living.set(id, kind);
    },
    destroy: (id) => {
      living.delete(id);
    },
  }).enable();
  return {
    async gone() {
      try {
        await until('every timer and socket is gone', async () => {
          // The hook reports the end of a resource in the next turn of the event loop, also for the timer of `until`.
          await setImmediate();
          if (living.size === 0) return true;
          throw new Error(`there are left: ${[...living.values()].join(', ')}`);
        });
      } finally {
        hook.disable();
      }
    },
  };
}
