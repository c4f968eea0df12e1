import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const SHARED = {
  pool: 'forks',
  // One for each core: vitest's own process has little to do. Two where there is one core, because many tests wait for sockets.
  maxWorkers: Math.max(2, availableParallelism()),
  testTimeout: 20_000,
  hookTimeout: 30_000,
} as const;

const FOLDERS = '{packages,internal,apps}/*';

export default defineConfig({
  test: {
    globalSetup: ['scripts/runtimes.ts', 'scripts/programs.ts'],
    projects: [
      {
        // Beside the source: no sockets, no processes, nothing global. They share processes, which saves most of their time.
        test: { ...SHARED, name: 'unit', isolate: false, include: [`${FOLDERS}/src/**/*.test.ts`, 'benchmarks/src/**/*.test.ts'] },
      },
      {
        // With servers, processes and the environment: each file has a process of its own.
        test: {
          ...SHARED,
          name: 'servers',
          include: [`${FOLDERS}/test/**/*.test.ts`, 'benchmarks/test/**/*.test.ts', 'scripts/**/*.test.ts'],
        },
      },
    ],
  },
});
