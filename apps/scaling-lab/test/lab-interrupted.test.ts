import type { NodeProcess } from '@sess/loopback';
import { describe, expect, inject, it } from 'vitest';
import { nodeProcess } from './lab-process.ts';

/** In its long form at every moment, by each signal, and again and again: each is a lab with its nodes and apps. */
const long = inject('long');

/** What the lab says when it has come so far. */
const MOMENTS = [
  ['while the nodes start', /starting 3 memcached nodes/],
  ['while the apps start', /starting \d+ app processes/],
  ['while users log in', /logging in/],
  ['in the middle of an event', /adding a node, under traffic/],
  ['while it counts', /counting who is still logged in/],
] as const;

function lab(...args: readonly string[]): NodeProcess {
  return nodeProcess('scaling-lab/dist/main.js', args);
}

// Embedded nodes are in the lab's own process, so memcached's processes ask more of it: they are taken where they are
// there. Containers are not in the process group, and slow; the local cluster has its own tests for them.
const RUNTIME = inject('runtimes').includes('memcached') ? 'memcached' : 'embedded';

describe(`the lab on ${RUNTIME} nodes, interrupted`, { timeout: 60_000 }, () => {
  const args = ['--runtime', RUNTIME, '--users', '200', '--apps', '1', '--strategy', 'sess', '--scenario', 'scale-up'];

  it.each(long ? MOMENTS : MOMENTS.filter(([when]) => when === 'in the middle of an event'))(
    'ends with 130 and leaves no process behind at Ctrl-C %s',
    async (_when, moment) => {
      const process = lab(...args);
      await process.says(moment);
      process.killGroup('SIGINT');
      expect(await process.ended).toEqual({ code: 130, signal: null });
      expect(process.output).toContain('stopped by SIGINT; closing');
      expect(process.errors).toBe('');
      expect(process.groupLives).toBe(false);
    },
  );

  it.runIf(long)('ends with 143 when only the lab itself is told to end, and takes its apps along', async () => {
    const process = lab(...args);
    await process.says(/logging in/);
    process.kill('SIGTERM');
    expect(await process.ended).toEqual({ code: 143, signal: null });
    expect(process.groupLives).toBe(false);
  });

  it.runIf(long)('closes as well for those who press Ctrl-C again and again', async () => {
    const process = lab(...args);
    await process.says(/logging in/);
    process.killGroup('SIGINT');
    process.killGroup('SIGINT');
    await process.says(/closing/);
    process.killGroup('SIGINT');
    expect(await process.ended).toEqual({ code: 130, signal: null });
    expect(process.groupLives).toBe(false);
  });
});
