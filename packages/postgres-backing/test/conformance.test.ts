import { PGlite } from '@electric-sql/pglite';
import { backingConformance } from '@sess/conformance';
import { inject } from 'vitest';
import { fromPglite, postgresBacking } from '../src/index.ts';
import { startPostgres } from '@sess/loopback';

const hasPostgres = inject('programs').includes('postgres');
if (hasPostgres) {
  backingConformance({
    name: 'PostgreSQL',
    async open() {
      const server = await startPostgres();
      const open = (): ReturnType<typeof postgresBacking> =>
        // 20 seconds, because a busy machine is slow.
        postgresBacking({
          connectionString: server.connectionString,
          statementTimeoutMs: 20_000,
          cleanUpIntervalMs: 0,
        });
      const [backing, other] = [open(), open()];
      await backing.migrate();
      return {
        backing,
        other,
        async [Symbol.asyncDispose]() {
          await Promise.all([backing.close(), other.close()]);
          await server.close();
        },
      };
    },
  });
}

// PGlite takes seconds to start: if PostgreSQL is installed, it runs only in the long form.
if (!hasPostgres || inject('long')) {
  backingConformance({
    name: 'PGlite',
    async open() {
      const database = await PGlite.create();
      const backing = postgresBacking({ pool: fromPglite(database), cleanUpIntervalMs: 0 });
      await backing.migrate();
      return {
        backing,
        other: backing,
        async [Symbol.asyncDispose]() {
          await backing.close();
          await database.close();
        },
      };
    },
  });
}
