/**
 * Test files share a process, so this restores what a file has replaced (methods, environment variables) after its
 * tests.
 */
import { statSync } from 'node:fs';
import { afterAll, vi } from 'vitest';

afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  // After a `stat` of a socket (removing its folder is enough), Node.js 20 may not resolve symbolic links in a module's
  // path until the next `stat`.
  statSync('.');
});
