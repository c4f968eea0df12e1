import { expect, vi } from 'vitest';

import type { Browser } from './browser.ts';

/** The codes of the process warnings while the store of an application is down, and when it is back. */
export async function warningsOfOutage(browser: Browser, store: { down: boolean }): Promise<readonly unknown[]> {
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  await browser.post('/login');
  store.down = true;
  for (let request = 0; request < 3; request += 1) expect((await browser.fetch('/profile')).status).toBe(503);
  store.down = false;
  expect((await browser.fetch('/profile')).status).toBe(200);
  const codes = warning.mock.calls.map(([, options]) => (options as { code?: unknown }).code);
  warning.mockRestore();
  return codes;
}
