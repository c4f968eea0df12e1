import { takenPort, type NodeProcess } from '@sess/loopback';
import { describe, expect, it } from 'vitest';
import { nodeProcess } from './lab-process.ts';

function lab(args: readonly string[], env: Readonly<Record<string, string>> = {}): NodeProcess {
  return nodeProcess('scaling-lab/dist/main.js', args, env);
}

describe('the lab command', () => {
  it('explains itself', async () => {
    const process = lab(['--help']);
    expect(await process.ended).toEqual({ code: 0, signal: null });
    for (const name of [
      '--runtime',
      '--users',
      '--nodes',
      '--scenario',
      '--strategy',
      '--transport',
      '--json',
      '--report',
      '--all',
      '--serve',
      '--port',
    ]) {
      expect(process.output).toContain(name);
    }
  });

  it.each([
    [['--bogus'], /--bogus.*--help/],
    [['--users', 'many'], /--users is "many"; it must be a whole number/],
    [['--json', '/no/such/directory/report.json'], /--json .*directory \/no\/such\/directory does not exist/],
    [['--json', '/'], /--json \/: .*directory/],
    [['--report', '/dev/null/page'], /--report \/dev\/null\/page: the directory can't be made or written to/],
  ])('ends with 2 and one line of clear words for %j', async (args, words) => {
    const process = lab(args);
    expect(await process.ended).toEqual({ code: 2, signal: null });
    expect(process.errors).toMatch(words);
    expect(process.errors.trimEnd()).not.toContain('\n');
    expect(process.output).toBe('');
  });

  it('ends with 1 and says what to do when memcached was asked for and there is none', async () => {
    const process = lab(['--runtime', 'memcached', '--strategy', 'sess'], { PATH: '/no/such/directory' });
    expect(await process.ended).toEqual({ code: 1, signal: null });
    expect(process.errors).toMatch(/memcached/);
    expect(process.errors).not.toMatch(/^\s+at /m);
    await expect.poll(() => process.groupLives, { timeout: 10_000 }).toBe(false);
  });

  it('ends with 1 and names the port and the option when a port of the apps is busy', async () => {
    await using busy = await takenPort();
    const process = lab(['--serve', '--runtime', 'embedded', '--apps', '1', '--port', String(busy.port)]);
    expect(await process.ended).toEqual({ code: 1, signal: null });
    expect(process.errors).toContain(`port ${busy.port}`);
    expect(process.errors).toContain('--port');
    await expect.poll(() => process.groupLives, { timeout: 10_000 }).toBe(false);
  });
});
