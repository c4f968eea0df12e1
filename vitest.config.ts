import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages,internal,apps}/*/{src,test}/**/*.test.ts', 'benchmarks/{src,test}/**/*.test.ts', 'scripts/**/*.test.ts'],
    globalSetup: ['scripts/runtimes.ts', 'scripts/programs.ts'],
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
