import { backedStore, memoryBacking, memoryStore, type WritePolicy } from '@sess/session';
import { sessionStoreConformance } from '../src/session-store-suite.ts';

// Two processes, each with a store of its own before one cache and one database.
for (const writePolicy of ['through', 'behind'] satisfies WritePolicy[]) {
  sessionStoreConformance({
    name: `memory with a database, written ${writePolicy}`,
    tellsTtl: true,
    listsUsers: true,
    async open() {
      let time = Date.UTC(2026, 0, 1);
      const now = (): number => time;
      const cache = memoryStore({ now });
      const backing = memoryBacking({ now });
      const open = (): ReturnType<typeof backedStore> => backedStore(cache, { backing, writePolicy, now });
      const [store, other] = [open(), open()];
      return {
        store,
        other,
        passSeconds: (seconds) => void (time += seconds * 1_000),
        async [Symbol.asyncDispose]() {
          await Promise.all([store.close(), other.close()]);
          await cache.close();
        },
      };
    },
  });
}
