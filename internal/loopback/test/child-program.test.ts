import { describe, expect, it, onTestFinished } from 'vitest';
import { ChildProgram, type ChildProgramOptions } from '../src/child-program.ts';

const SCRIPT = new URL('./program.js', import.meta.url);
type Said = { readonly heard?: unknown; readonly unasked?: boolean } | string;

function start(options: Partial<ChildProgramOptions> = {}): ChildProgram<Said> {
  const program = new ChildProgram<Said>(SCRIPT, { name: 'the program', quiet: true, ...options });
  onTestFinished(() => program.kill());
  return program;
}

const isAnswer = (said: Said): boolean => typeof said === 'object' && said.heard !== undefined;

describe('a program in a process of its own', () => {
  it('answers, and ends when its channel closes', async () => {
    const program = start();
    expect(await program.ask({ count: 1 }, { isWanted: isAnswer })).toEqual({ heard: { count: 1 } });
    expect(await program.ask('anything')).toEqual({ unasked: true });
    await program.stop();
    expect(program.isAlive).toBe(false);
  });

  it('that fails says how it ended and what it said last, to each that waits and to the next that asks', async () => {
    const program = start();
    const ends: string[] = [];
    program.onEnd((how) => ends.push(how));
    const waiting = program.next({ isWanted: isAnswer });
    const answers = await Promise.allSettled([waiting, program.ask('fail')]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(program.ask('anything')).rejects.toThrow(/^the program ended \(exit code 3\) out of ideas$/);
    expect(ends).toEqual(['exit code 3']);
  });

  it('that says nothing is waited for no longer than asked', async () => {
    await expect(start().ask('say nothing', { timeoutMs: 50 })).rejects.toThrow(
      'the program did not answer within 50 ms',
    );
  });

  it('that does not end by itself is killed', async () => {
    const program = start();
    expect(await program.ask('linger')).toBe('lingering');
    await program.stop(50);
    await expect(program.next()).rejects.toThrow('ended (SIGKILL)');
  });

  it('carries what JSON can not, when asked to', async () => {
    const told = new Map([['a', undefined]]);
    expect(await start({ serialization: 'advanced' }).ask(told, { isWanted: isAnswer })).toEqual({ heard: told });
  });
});
