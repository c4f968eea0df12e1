/**
 * Files share their process: whatever one of them replaced (a method, a variable of the environment) is put back when
 * it is through.
 */
import { statSync } from 'node:fs';
import { afterAll, vi } from 'vitest';

afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  // Once a socket was looked at (removing its folder is enough), Node.js 20 may leave symbolic links in a module's path
  // as they are, until something else is.
  statSync('.');
});
