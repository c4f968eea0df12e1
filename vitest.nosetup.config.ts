import { defineConfig } from 'vitest/config';
export default defineConfig({ test: { include: ['{packages,internal,apps}/*/{src,test}/**/*.test.ts'], globalSetup: ['scripts/runtimes.ts'], pool: 'threads', testTimeout: 20000 } });
