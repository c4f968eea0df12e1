/** Files share their process: whatever one of them replaced (a method, a variable of the environment) is put back when it is through. */
import { statSync } from 'node:fs';
import { afterAll, vi } from 'vitest';

afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  // After a look at a socket (removing its folder is one) Node.js 20 resolves no symbolic link on the way to a module, until it looked at something else.
  statSync('.');
});
