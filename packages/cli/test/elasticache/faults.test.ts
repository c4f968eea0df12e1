/** A fault in each step of a scale-in: it succeeds, or says what a person must do, and then succeeds. */
import { afterEach, describe, expect, it, vi } from 'vitest';

import { application, KEYS, run } from '../run.ts';
import { sessProcess } from '../sess-process.ts';
import { closeShops, shop, type Shop } from './shop.ts';

vi.setConfig({ testTimeout: 240_000 });

afterEach(closeShops);

const WORDS = '--interval 0.1 --timeout 1';
const PATIENT = { timeout: 150_000, interval: 1_000 };
const STEPS = ['Drain 0004', '0004 is drained', 'waiting until nobody asks', 'Nothing is lost', 'AWS takes'];

/** Does something once, when the command reports the step. */
function at(step: string, strike: () => void): { readonly isTTY: true; readonly heard: (text: string) => void } {
  let isDone = false;
  return {
    isTTY: true,
    heard: (text) => {
      if (isDone || !text.includes(step)) return;
      isDone = true;
      strike();
    },
  };
}

/** After a while, and after what it says, it is done. */
async function expectDone(site: Shop, words: string, ids: readonly string[]): Promise<void> {
  await expect.poll(async () => (await site.sess(words)).code, PATIENT).toBe(0);
  expect(site.nodeIds()).toEqual(ids);
  await site.expectNothingMissing();
}

const ADVICE = /[Ss]tart again|run the same command again|Run it again|Try again|is back|replace it/;

describe('a guard that is killed', () => {
  it.each(STEPS.filter((step) => !step.startsWith('waiting')))('at "%s": the next one goes on', async (step) => {
    const site = await shop();
    const words = ['elasticache', 'guard', '--no-policy', '--at', '00:00=3', '--interval', '0.2', '--lease', '3'];
    const guard = [...words, '--cluster', site.aws.clusterId];
    await using child = sessProcess(guard, site.env);
    await child.says(RegExp(step), 'errors');
    await child.close();
    const stop = new AbortController();
    const next = run(guard, { env: site.env, signal: stop.signal });
    await expect.poll(() => site.nodeIds(), PATIENT).toEqual(['0001', '0002', '0003']);
    await site.expectNothingMissing();
    stop.abort();
    expect((await next).code).toBe(0);
  });
});

describe('a scale-in in which an application server is killed', () => {
  it.each(STEPS)('at "%s" ends well', async (step) => {
    const site = await shop();
    const other = await application(site.env['SESS_SERVERS'] ?? '', KEYS.slice(0, 1));
    const words = `scale-in --nodes 3 ${WORDS}`;
    await site.sess(
      words,
      at(step, () => other.destroy()),
    );
    await expectDone(site, words, ['0001', '0002', '0003']);
  });
});

describe('a scale-in in which a node that goes dies', () => {
  it.each(STEPS.slice(1))('at "%s", after it was drained, ends well', async (step) => {
    const site = await shop();
    const words = `scale-in --nodes 3 ${WORDS}`;
    const outcome = await site.sess(
      words,
      at(step, () => void site.aws.crashNode('0004')),
    );
    if (outcome.code !== 0) expect(outcome.stdout + outcome.stderr).toMatch(ADVICE);
    await expectDone(site, words, ['0001', '0002', '0003']);
  });
});

describe('a scale-in in which a node that stays dies', () => {
  it.each(STEPS)('at "%s" loses nothing with two copies, and goes on when AWS has replaced it', async (step) => {
    const site = await shop({ copies: 2 });
    const words = `scale-in --nodes 3 ${WORDS}`;
    const outcome = await site.sess(
      words,
      at(step, () => void site.aws.crashNode('0001')),
    );
    if (outcome.code !== 0) expect(outcome.stdout + outcome.stderr).toMatch(ADVICE);
    await site.expectNothingMissing();
    await site.aws.settled();
    site.aws.replaceNodes(['0001']);
    await site.aws.settled();
    await expectDone(site, words, ['0001', '0002', '0003']);
  });
});
