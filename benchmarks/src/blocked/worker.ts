/**
 * One contender in its own process, which sends requests at a steady rate and is sometimes blocked by its own work.
 */
import { subscribe } from 'node:diagnostics_channel';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { NodeMessage } from '@sess/client';
import type { Contender } from '../wire/contender.ts';
import type { ContenderName, Course, Message, OpenContender, Outcome } from './contender.ts';

const name = process.argv[2] as ContenderName;
const modules: Record<ContenderName, () => Promise<{ readonly open: OpenContender }>> = {
  'sess-text': () => import('../wire/contenders/sess-text.ts'),
  'sess-memjs': () => import('../wire/contenders/sess-memjs.ts'),
  memjs: () => import('../wire/contenders/memjs.ts'),
  ioredis: () => import('./contenders/ioredis.ts'),
};

const VALUE: Buffer = Buffer.alloc(1_024, 'v');
const KEYS: readonly string[] = Array.from({ length: 500 }, (_, index) => `blocked/${name}/${index}`);
/** One request in this many is a set: applications read the session in every request, and write it in some. */
const SET_EVERY = 10;

let ejections = 0;
subscribe('sess:client:node', (message) => {
  if ((message as NodeMessage).to === 'down') ejections += 1;
});

const tell = (message: Message): void => void process.send?.(message);
process.on('disconnect', () => process.exit(0));
process.on('message', (course: Course) => {
  run(course).then(
    (outcome) => tell({ outcome }),
    (error: unknown) => tell({ failure: String(error) }),
  );
});
tell({ ready: true });

async function run(course: Course): Promise<Outcome> {
  const { open } = await modules[name]();
  const contender = await open(course.servers);
  for (const key of KEYS) await contender.set(key, VALUE);
  const outcome = await drive(contender, course);
  await contender.close();
  return outcome;
}

/**
 * The load is open: the process sends requests that became due while it was blocked as soon as it runs again, like a
 * server with waiting requests.
 */
async function drive(contender: Contender, { seconds, requestsPerSecond, blockMs, blocks }: Course): Promise<Outcome> {
  const lost: Record<string, number> = {};
  const pending: Promise<void>[] = [];
  let longestMs = 0;
  const lose = (reason: string): void => void (lost[reason] = (lost[reason] ?? 0) + 1);
  const ask = async (): Promise<void> => {
    const [turn, asked] = [pending.length, performance.now()];
    const key = KEYS[turn % KEYS.length] ?? '';
    try {
      if (turn % SET_EVERY === 0) await contender.set(key, VALUE);
      else if (!(await contender.get(key))) lose('a miss');
    } catch (error) {
      lose(reasonOf(error));
    }
    longestMs = Math.max(longestMs, performance.now() - asked);
  };
  const begin = performance.now();
  const lengthMs = seconds * 1_000;
  let blocked = 0;
  for (let now = begin; now < begin + lengthMs; now = performance.now()) {
    const elapsed = now - begin;
    while (pending.length < (elapsed * requestsPerSecond) / 1_000) pending.push(ask());
    if (elapsed >= ((blocked + 0.5) * lengthMs) / blocks) {
      blocked += 1;
      // When the work begins, some requests are in flight, and others are not written yet.
      pending.push(ask(), ask(), ask(), ask());
      await setImmediate();
      await setImmediate();
      pending.push(ask(), ask(), ask(), ask());
      block(blockMs);
    }
    await sleep(1);
  }
  await Promise.all(pending);
  return { requests: pending.length, lost, longestMs, ejections };
}

function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : (error.message.split('\n')[0] ?? '');
}
