import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { describe, expect, it, onTestFinished } from 'vitest';

import { application, json, KEYS, PACE, run, SECRET } from './run.ts';
import { PROGRAM } from './sess-process.ts';

const FULL = '/dev/full';

/** Where a stream of the command goes: to a full disk, or to a reader that leaves at once, or after its first line. */
type Destination = 'read' | 'full' | 'left' | 'left after a line';

async function sessTo(
  words: readonly string[],
  destinations: { readonly stdout?: Destination; readonly stderr?: Destination },
  servers: string,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const full = await open(existsSync(FULL) ? FULL : PROGRAM, existsSync(FULL) ? 'w' : 'r');
  const { stdout = 'read', stderr = 'read' } = destinations;
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    stdio: ['ignore', ...[stdout, stderr].map((where) => (where === 'full' ? full.fd : 'pipe'))],
    env: { PATH: process.env['PATH'], SESS_SECRET: SECRET, SESS_SERVERS: servers },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const read = [child.stdout, child.stderr].map(async (stream, index) => {
    const where = [stdout, stderr][index];
    if (stream === null || where === 'read') return stream === null ? '' : text(stream);
    if (where === 'left after a line') await once(stream, 'data');
    stream.destroy();
    return '';
  });
  const [[code], ...written] = await Promise.all([once(child, 'close'), ...read]);
  await full.close();
  return { code: code as number | null, stdout: written[0] ?? '', stderr: written[1] ?? '' };
}

async function cluster(): Promise<{ readonly nodes: LocalCluster['nodes']; readonly servers: string }> {
  const started = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
  onTestFinished(() => started.close());
  return { nodes: started.nodes, servers: `elasticache://${started.configurationEndpoint}?${PACE}` };
}

describe.skipIf(!existsSync(FULL))('a disk that is full', () => {
  it('fails a command whose result it should have kept', { timeout: 60_000 }, async () => {
    const { servers } = await cluster();
    for (const words of [['status'], ['status', '--json'], ['--help'], ['watch', '--interval', '0.1']]) {
      const { code, stderr } = await sessTo(words, { stdout: 'full' }, servers);
      expect({ words, code }).toEqual({ words, code: 3 });
      expect(stderr).toMatch(/Standard output.*ENOSPC/);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      if (words.includes('--json')) expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'SESS_COMMAND' } });
    }
  });

  it('stops no drain whose progress it should have kept', { timeout: 60_000 }, async () => {
    const { nodes, servers } = await cluster();
    const client = await application(servers, KEYS);
    onTestFinished(() => client.close());
    const [node = ''] = nodes.map(({ id }) => id);
    expect(await sessTo(['drain', node, '--json'], { stderr: 'full' }, servers)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"drained"'),
    });
  });
});

describe('a reader that leaves', () => {
  it('ends a watch without a word', { timeout: 60_000 }, async () => {
    const { servers } = await cluster();
    const ended = await sessTo(['watch', '--interval', '0.1'], { stdout: 'left after a line' }, servers);
    expect(ended).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('changes no answer: the exit code is that of the command', { timeout: 60_000 }, async () => {
    const { nodes, servers } = await cluster();
    const client = await application(servers, KEYS);
    onTestFinished(() => client.close());
    const [node = ''] = nodes.map(({ id }) => id);
    const asked = ['safe-to-remove', node];
    expect(await sessTo(asked, { stdout: 'left' }, servers)).toEqual({ code: 1, stdout: '', stderr: '' });
  });

  it('stops no drain when it only read the progress', { timeout: 60_000 }, async () => {
    const { nodes, servers } = await cluster();
    const client = await application(servers, KEYS);
    onTestFinished(() => client.close());
    const [node = ''] = nodes.map(({ id }) => id);
    expect(await sessTo(['drain', node], { stderr: 'left' }, servers)).toMatchObject({ code: 0 });
    const { nodes: seen } = json(await run(['status', '--json'], { env: { SESS_SERVERS: servers } }));
    expect(seen).toContainEqual(expect.objectContaining({ id: node, drain: 'drained' }));
  });
});
