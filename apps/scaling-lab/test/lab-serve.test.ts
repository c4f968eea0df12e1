import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { join } from 'node:path';
import { isListening, type NodeProcess } from '@sess/loopback';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../src/process/until.ts';
import { twoFreePorts } from './free-ports.ts';
import { scriptProcess } from './lab-process.ts';

const PATIENCE = { what: 'the apps to end', everyMs: 20, timeoutMs: 10_000, signal: new AbortController().signal };

const run = promisify(execFile);
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
);

let port: number;
let lab: NodeProcess;

async function serve(): Promise<void> {
  port = await twoFreePorts();
  lab = scriptProcess(
    'scaling-lab/dist/main.js',
    `--serve --runtime embedded --apps 1 --strategy sess --users 20 --port ${port}`.split(' '),
  );
  await lab.says(/^Type here:[^]*quit/m);
}

describe('the lab with --serve', { timeout: 60_000 }, () => {
  // What is typed leaves it as it was, but for the last.
  beforeAll(serve);
  afterAll(() => lab.close());

  it.skipIf(!hasCurl)('prints curl commands that work as they stand', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sess-serve-'));
    const commands = lab.output.split('\n').filter((line) => line.startsWith('  curl'));
    const answers: string[] = [];
    for (const command of commands) answers.push((await run('sh', ['-c', command], { cwd: directory })).stdout.trim());
    await rm(directory, { recursive: true });
    expect(answers).toEqual([
      '{"user":"USER_123","role":"customer"}',
      '{"cart":["sku-1"]}',
      '{"user":"USER_123","cart":["sku-1"]}',
      '{"user":"USER_123","cart":["sku-1"]}',
      '204',
    ]);
  });

  it('adds, crashes, restarts and removes nodes as typed, and lists them', async () => {
    lab.type('add');
    const [, added = ''] = await lab.says(/^added (\S+)$/m);
    lab.type('crash');
    await lab.says(new RegExp(`^crashed ${added}$`, 'm'));
    lab.type('nodes');
    await lab.says(new RegExp(`^127.*${added} crashed$`, 'm'));
    lab.type('restart');
    await lab.says(new RegExp(`^restarted ${added}$`, 'm'));
    lab.type(`remove ${added}`);
    await lab.says(new RegExp(`^removed ${added}$`, 'm'));
  });

  it('serves a page of it, whose buttons do the same, while users shop', async () => {
    const [url = ''] = await lab.says(/http:\/\/127\.0\.0\.1:\d+\/[\w-]{20,}\//);
    const ask = async (action: string, node?: string): Promise<string> => {
      const answer = await fetch(new URL(`actions/${action}`, url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: new URL(url).origin },
        body: JSON.stringify({ node }),
      });
      return answer.text();
    };
    const page = async (): Promise<string> => (await fetch(url)).text();
    await expect.poll(page).toContain('20 of 20 logged in');
    const [, added = ''] = /^added (\S+)$/.exec(await ask('add')) ?? [];
    await expect.poll(page).toContain(`data-action="crash" data-node="${added}"`);
    expect(await ask('drain', added)).toBe(`drained ${added}: it can be removed`);
    expect(await ask('remove', added)).toBe(`removed ${added}`);
    // None of it logged anybody out.
    await expect.poll(page).toMatch(/<b>0<\/b> logged out/);
    expect(await ask('crash', '10.0.0.1:1')).toMatch(/there is no node 10\.0\.0\.1:1/);
  });

  it('says what can be typed when something else was, and what went wrong', async () => {
    lab.type('explode');
    await lab.says(
      /^unknown command "explode"; there are add, remove, crash, restart, pause, resume, drain, nodes, quit$/m,
    );
    lab.type('remove 10.0.0.1:1');
    await lab.says(/^remove: .*10\.0\.0\.1:1/m);
  });

  it('ends with 0 at quit, at last, and leaves no process behind', async () => {
    lab.type('quit');
    expect(await lab.ended).toEqual({ code: 0, signal: null });
    expect(lab.groupLives).toBe(false);
  });
});

describe('the lab with --serve, at its end', { timeout: 60_000 }, () => {
  beforeEach(serve);
  afterEach(() => lab.close());

  it('ends with 130 at Ctrl-C, and leaves no process behind', async () => {
    lab.killGroup('SIGINT');
    expect(await lab.ended).toEqual({ code: 130, signal: null });
    expect(lab.groupLives).toBe(false);
  });

  it('takes its apps along even when it is killed itself', async () => {
    lab.kill('SIGKILL');
    expect(await lab.ended).toEqual({ code: null, signal: 'SIGKILL' });
    for (const each of [port, port + 1])
      await until(async () => ((await isListening(each)) ? `port ${each} is still taken` : undefined), PATIENCE);
  });
});
