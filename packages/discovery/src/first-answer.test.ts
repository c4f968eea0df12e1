import { describe, expect, it } from 'vitest';
import { ManualClock } from '../test/manual-clock.ts';
import { firstAnswer } from './first-answer.ts';

/** Candidates that answer when the test says so. */
function setUp(names: readonly string[]) {
  const clock = new ManualClock();
  const stopped: string[] = [];
  const asked = new Map<string, { answer: () => void; fail: () => void }>();
  const controller = new AbortController();
  const result = firstAnswer(
    names,
    (name, signal) => {
      signal.addEventListener('abort', () => stopped.push(name));
      return new Promise<string>((resolve, reject) => {
        asked.set(name, { answer: () => resolve(`from ${name}`), fail: () => reject(new Error(`${name} failed`)) });
      });
    },
    { staggerMs: 250, clock, signal: controller.signal },
  );
  return { clock, stopped, asked, controller, result };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the first answer', () => {
  it('is usually that of the first, and nobody else is asked', async () => {
    const { clock, asked, result } = setUp(['a', 'b', 'c']);
    clock.advance(249);
    asked.get('a')?.answer();
    await expect(result).resolves.toBe('from a');
    clock.advance(10_000);
    expect([...asked.keys()]).toEqual(['a']);
    expect(clock.delays).toEqual([]);
  });

  it('may come from the next, asked while the first is silent; the first is told to stop', async () => {
    const { clock, stopped, asked, result } = setUp(['a', 'b', 'c']);
    clock.advance(250);
    expect([...asked.keys()]).toEqual(['a', 'b']);
    asked.get('b')?.answer();
    await expect(result).resolves.toBe('from b');
    expect(stopped).toContain('a');
  });

  it('is still taken from the first when it comes late', async () => {
    const { clock, asked, result } = setUp(['a', 'b']);
    clock.advance(250);
    asked.get('a')?.answer();
    await expect(result).resolves.toBe('from a');
  });

  it('is sought from the next at once when one fails', async () => {
    const { asked, result } = setUp(['a', 'b']);
    asked.get('a')?.fail();
    await turn();
    asked.get('b')?.answer();
    await expect(result).resolves.toBe('from b');
  });

  it('is not there when all failed, and every failure is told', async () => {
    const { clock, asked, result } = setUp(['a', 'b']);
    clock.advance(250);
    asked.get('b')?.fail();
    await turn();
    asked.get('a')?.fail();
    const error = await result.catch((thrown: unknown) => thrown);
    expect((error as AggregateError).errors.map(String)).toEqual(['Error: b failed', 'Error: a failed']);
    await expect(setUp([]).result).rejects.toBeInstanceOf(AggregateError);
  });

  it('is no longer waited for when the signal fires: everyone is told to stop, no timer is left', async () => {
    const { clock, stopped, asked, controller, result } = setUp(['a', 'b', 'c']);
    clock.advance(250);
    controller.abort(new Error('enough'));
    await expect(result).rejects.toThrow('enough');
    expect(stopped).toEqual(['a', 'b']);
    expect(clock.delays).toEqual([]);
    clock.advance(10_000);
    expect(asked.size).toBe(2);
  });
});
