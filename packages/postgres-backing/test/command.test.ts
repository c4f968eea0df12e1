import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

const COMMAND = fileURLToPath(new URL('../bin/sess-postgres.js', import.meta.url));
const FULL = '/dev/full';

async function run(
  words: readonly string[],
  { stdout = 'pipe' }: { readonly stdout?: 'pipe' | number } = {},
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const child = spawn(process.execPath, [COMMAND, ...words], {
    stdio: ['ignore', stdout, 'pipe'],
    env: { PATH: process.env['PATH'] },
  });
  // A reader that has left.
  child.stdout?.destroy();
  const [[code], stderr] = await Promise.all([once(child, 'close'), text(child.stderr as NodeJS.ReadableStream)]);
  return { code: code as number | null, stderr };
}

describe('sess-postgres', () => {
  it('says nothing when its reader has left', async () => {
    expect(await run(['sql'])).toEqual({ code: 0, stderr: '' });
  });

  it.runIf(existsSync(FULL))('fails in one line when its disk is full', async () => {
    const full = await open(FULL, 'w');
    const { code, stderr } = await run(['sql'], { stdout: full.fd });
    await full.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^.*ENOSPC.*\n$/);
  });

  it('names the variable when no database is given', async () => {
    const { code, stderr } = await run(['migrate']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^.*DATABASE_URL.*\n$/);
  });

  it('says how it is used when an option is wrong', async () => {
    const { code, stderr } = await run(['sql', '--tabel', 'sessions']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^Unknown option '--tabel'.*\nusage:/);
  });
});
