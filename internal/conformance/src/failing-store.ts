import { memoryStore, SessionError, type SessionStore } from '@sess/session';

/** A store whose operations wait for `gate`, if set, and fail while `down` is true. `asked` counts them. */
export type FailingStore = SessionStore & { down: boolean; gate: Promise<void> | undefined; asked: number };

export function failingStore(now: () => number = Date.now): FailingStore {
  const store = memoryStore({ now });
  const guard = <T extends unknown[], R>(operation: (...given: T) => Promise<R>) => {
    return async (...given: T): Promise<R> => {
      failing.asked += 1;
      await failing.gate;
      if (failing.down) throw new SessionError('SESS_UNAVAILABLE', 'no node is in reach');
      return operation(...given);
    };
  };
  const failing: FailingStore = {
    name: 'failing',
    down: false,
    gate: undefined,
    asked: 0,
    load: guard(store.load.bind(store)),
    save: guard(store.save.bind(store)),
    touch: guard(store.touch.bind(store)),
    destroy: guard(store.destroy.bind(store)),
    ofUser: guard(async (user) => (await store.ofUser?.(user)) ?? []),
    close: () => store.close(),
  };
  return failing;
}
