import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RecordingListener } from '../test/recording-listener.ts';
import type { ListenerErrorMessage } from './diagnostics.ts';
import { GuardedListener } from './guarded-listener.ts';
import { staticNodes } from './static-nodes.ts';
import { clusterNode, topologyOf } from './topology-value.ts';

const topology = topologyOf([clusterNode({ host: 'a', port: 1 })]);
const fault = new TypeError('a bug');
const throwing = (): never => {
  throw fault;
};

afterEach(() => void vi.restoreAllMocks());

describe('a listener that throws', () => {
  it('on a topology is told so by its own error()', () => {
    const listener = Object.assign(new RecordingListener(), { topology: throwing });
    new GuardedListener('a test', listener).topology(topology);
    expect(listener.errors).toEqual([
      expect.objectContaining({ code: 'SESS_DISCOVERY_LISTENER', cause: fault, retryable: false }),
    ]);
  });

  it('on an error becomes a process warning, and a message to the channel', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const messages: unknown[] = [];
    const hear = (message: unknown): void => void messages.push(message);
    subscribe('sess:discovery:listener-error', hear);
    new GuardedListener('a test', { topology: throwing, error: throwing }).topology(topology);
    unsubscribe('sess:discovery:listener-error', hear);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ code: 'SESS_DISCOVERY_LISTENER', cause: fault }));
    expect((messages as ListenerErrorMessage[]).map(({ source, error }) => [source, error.message])).toEqual([
      ['a test', 'The listener\'s "topology" threw on news of a test.'],
      ['a test', 'The listener\'s "error" threw on news of a test.'],
    ]);
  });

  it('later, in an async function, counts the same', async () => {
    const listener = new RecordingListener();
    Object.assign(listener, { topology: throwAsync });
    new GuardedListener('a test', listener).topology(topology);
    await listener.until(({ errors }) => errors.length > 0);
    expect(listener.errors[0]).toMatchObject({ code: 'SESS_DISCOVERY_LISTENER', cause: fault });
  });

  it('does not end the watch', async () => {
    const listener = Object.assign(new RecordingListener(), { topology: throwing });
    const watch = staticNodes(['a:1']).watch(listener);
    expect((await watch.ready()).nodes).toHaveLength(1);
    await expect(watch.refresh()).resolves.toBeUndefined();
  });
});

describe('a listener that lacks a method', () => {
  it.each([undefined, null, {}, { topology() {} }, { topology() {}, error: 'no' }])(
    'is refused where it is given: %j',
    (listener) => {
      expect(() => staticNodes(['a:1']).watch(listener as never)).toThrow(
        expect.objectContaining({ code: 'SESS_BAD_OPTION' }),
      );
    },
  );
});

async function throwAsync(): Promise<void> {
  await Promise.reject(fault);
}
