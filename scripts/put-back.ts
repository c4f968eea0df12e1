/** Files share their process: whatever one of them replaced (a method, a variable of the environment) is put back when it is through. */
import { afterAll, vi } from 'vitest';

afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});
