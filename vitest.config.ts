import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './scripts/longest-first.ts';

const SHARED = {
  pool: 'forks',
  // One more than there are cores: many tests wait, for sockets, for processes or for time to pass.
  maxWorkers: availableParallelism() + 1,
  testTimeout: 20_000,
  hookTimeout: 30_000,
} as const;

const FOLDERS = '{packages,internal,apps}/*';

/** What a build has written is JavaScript: Node.js loads it, as it does for users. Vite would only read it once more. */
const BUILT = { deps: { external: [/\/dist\//] } };

/** They count what their process holds (memory, timers, sockets): nobody else may have been in it. */
const ALONE = [
  'packages/hash-ring/test/allocation.test.ts',
  'packages/client/test/leftovers.test.ts',
  'packages/session/test/recent-cookies-memory.test.ts',
  'internal/conformance/test/transports*.test.ts',
];

/** A browser drops what it is loading when a network interface comes or goes, and tests with containers and namespaces make some: it runs after them. */
const IN_A_BROWSER = 'internal/browser/test/**/*.test.ts';

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    globalSetup: ['scripts/runtimes.ts', 'scripts/programs.ts', 'scripts/long.ts'],
    projects: [
      {
        // Beside the source: no sockets, no processes, nothing global. They share processes, which saves most of their time.
        test: {
          ...SHARED,
          name: 'unit',
          isolate: false,
          server: BUILT,
          include: [`${FOLDERS}/src/**/*.test.ts`, 'benchmarks/src/**/*.test.ts'],
        },
      },
      {
        // With servers and processes of their own. What they are given is theirs; the process is shared.
        test: {
          ...SHARED,
          name: 'servers',
          isolate: false,
          setupFiles: ['scripts/put-back.ts'],
          server: BUILT,
          include: [`${FOLDERS}/test/**/*.test.ts`, 'benchmarks/test/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: [...ALONE, IN_A_BROWSER],
        },
      },
      {
        test: { ...SHARED, name: 'alone', server: BUILT, include: ALONE },
      },
      {
        test: { ...SHARED, name: 'browser', server: BUILT, include: [IN_A_BROWSER], sequence: { groupOrder: 1 } },
      },
    ],
  },
});
