import type { SaveOptions, SessionStore, StoredSession } from '../src/stores/session-store.ts';

type Operation = 'load' | 'save' | 'touch' | 'destroy';

/** A store that records its operations, and lets a test run a step before or after them. */
export interface InterceptedStore extends SessionStore {
  /** Every operation so far, in order. */
  readonly operations: readonly Operation[];
  /** Values as they were saved, with their time to live. */
  readonly saves: readonly { readonly key: string; readonly value: Uint8Array; readonly ttlSeconds: number }[];
  /** Runs before the next operation of a kind; the step may throw to replace it. */
  beforeNext(operation: Operation, step: () => Promise<void> | void): void;
  /** Runs after the next save; the step may throw to replace the answer. */
  afterNext(operation: 'save', step: () => void): void;
  /** Runs before every operation of a kind until it is `undefined` again. */
  beforeEach(operation: Operation, step: (() => Promise<void> | void) | undefined): void;
  forget(): void;
}

export function interceptedStore(store: SessionStore, tellsTtl = true): InterceptedStore {
  const operations: Operation[] = [];
  const saves: { key: string; value: Uint8Array; ttlSeconds: number }[] = [];
  const next = new Map<Operation, (() => Promise<void> | void)[]>();
  const after = new Map<Operation, () => void>();
  const each = new Map<Operation, () => Promise<void> | void>();
  const enter = async (operation: Operation): Promise<void> => {
    operations.push(operation);
    await next.get(operation)?.shift()?.();
    await each.get(operation)?.();
  };
  const leave = (operation: Operation): void => {
    const step = after.get(operation);
    after.delete(operation);
    step?.();
  };
  const shown = (session: StoredSession): StoredSession => (tellsTtl ? session : { ...session, ttlSeconds: undefined });
  return {
    name: store.name,
    operations,
    saves,
    async load(key) {
      await enter('load');
      const session = await store.load(key);
      return session === undefined ? undefined : shown(session);
    },
    async save(key, value, options: SaveOptions) {
      await enter('save');
      const session = await store.save(key, value, options);
      saves.push({ key, value, ttlSeconds: options.ttlSeconds });
      leave('save');
      return shown(session);
    },
    async touch(key, ttlSeconds) {
      await enter('touch');
      return store.touch(key, ttlSeconds);
    },
    async destroy(key, ttlSeconds) {
      await enter('destroy');
      return store.destroy(key, ttlSeconds);
    },
    close: () => store.close(),
    ...(store.ofUser === undefined ? {} : { ofUser: (user) => store.ofUser?.(user) ?? Promise.resolve([]) }),
    beforeNext(operation, step) {
      next.set(operation, [...(next.get(operation) ?? []), step]);
    },
    afterNext: (operation, step) => void after.set(operation, step),
    beforeEach(operation, step) {
      if (step === undefined) each.delete(operation);
      else each.set(operation, step);
    },
    forget() {
      operations.length = 0;
      saves.length = 0;
    },
  };
}
