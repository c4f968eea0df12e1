import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './scripts/longest-first.ts';

const SHARED = {
  pool: 'forks',
  // Two more than there are cores: many tests wait, for sockets, for processes or for time to pass.
  maxWorkers: availableParallelism() + 2,
  // Short-lived objects die young in a larger nursery, instead of being copied out of a small one.
  execArgv: ['--min-semi-space-size=32', '--max-semi-space-size=64'],
  // A machine that is busy with something else is slow, and has no fault: only what hangs runs into these.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 20_000 } },
} as const;

const FOLDERS = '{packages,internal,apps}/*';

/**
 * What a build has written is JavaScript: Node.js loads it, as it does for users. Vite would only read it once more.
 */
const BUILT = { deps: { external: [/\/dist\//] } };

/**
 * They count what their process holds (memory, timers, sockets), or hear of all clients and sessions in it: nobody else
 * may have been there.
 */
const ALONE = [
  'packages/{metrics,opentelemetry,cloudwatch}/{src,test}/**/*.test.ts',
  'packages/hash-ring/test/allocation.test.ts',
  'packages/client/src/pending-operations.test.ts',
  'packages/client/test/leftovers.test.ts',
  'packages/session/test/cluster-log.test.ts',
  'packages/session/test/recent-cookies-memory.test.ts',
  'packages/working-time/src/work-under-way.test.ts',
  'internal/conformance/test/transports*.test.ts',
  'internal/ledger/test/night.test.ts',
];

/**
 * A browser drops what it is loading when a network interface comes or goes, and tests with containers and namespaces
 * make some: it runs after them.
 */
const IN_A_BROWSER = 'internal/browser/test/**/*.test.ts';

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    globalSetup: ['scripts/runtimes.ts', 'scripts/programs.ts', 'scripts/long.ts', 'scripts/simulation.ts'],
    projects: [
      {
        // They share processes, and what Vite has made of the sources, which saves most of their time. Servers and
        // processes are each file's own.
        test: {
          ...SHARED,
          name: 'together',
          isolate: false,
          setupFiles: ['scripts/put-back.ts'],
          server: BUILT,
          include: [`${FOLDERS}/{src,test}/**/*.test.ts`, 'benchmarks/{src,test}/**/*.test.ts', 'scripts/**/*.test.ts'],
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
