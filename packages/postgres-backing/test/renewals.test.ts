import { renewalConformance } from '@sess/conformance';
import { startPostgres } from '@sess/loopback';
import { memoryStore, type SessionStore } from '@sess/session';
import { inject } from 'vitest';
import { postgresBacking } from '../src/index.ts';

/** A cache that loses everything when `forget` is called. */
function forgetfulStore(): SessionStore & { forget(): void } {
  let store = memoryStore();
  return {
    name: 'forgetful',
    load: (key) => store.load(key),
    save: (key, value, options) => store.save(key, value, options),
    touch: (key, seconds) => store.touch(key, seconds),
    destroy: (key, seconds) => store.destroy(key, seconds),
    close: async () => undefined,
    forget() {
      store = memoryStore();
    },
  };
}

renewalConformance({
  name: 'PostgreSQL, behind a cache that loses everything between requests',
  isSkipped: !inject('programs').includes('postgres'),
  async open() {
    const server = await startPostgres();
    const [one, two] = [1, 2].map(() =>
      postgresBacking({ connectionString: server.connectionString, cleanUpIntervalMs: 0 }),
    );
    await one?.migrate();
    const store = forgetfulStore();
    return {
      servers: [
        { store, backing: one },
        { store, backing: two },
      ],
      between: () => store.forget(),
      [Symbol.asyncDispose]: () => server.close(),
    };
  },
});
