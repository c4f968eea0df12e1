import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';

/**
 * Chromium as it is on this machine. Names that end in `.test` lead here; a certificate that nobody signed is taken.
 */
export async function startChromium(): Promise<Browser> {
  const { stdout } = await promisify(execFile)('sh', ['-c', 'command -v chromium || command -v google-chrome']);
  return chromium.launch({
    executablePath: stdout.trim(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--host-resolver-rules=MAP *.test 127.0.0.1',
    ],
  });
}
