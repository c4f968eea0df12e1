import { describe, expect, it } from 'vitest';

import { Aliases } from './aliases.ts';

const [ADDRESS, NAME, OTHER] = ['10.0.0.1:11211', 'one.example:11211', 'two.example:11211'] as const;
const SAME = new Map([
  [ADDRESS, 'token of one'],
  [NAME, 'token of one'],
  [OTHER, 'token of two'],
]);

function of(listed: readonly string[]): Aliases {
  const aliases = new Aliases();
  aliases.learn(SAME, new Set(listed));
  return aliases;
}

describe('two names of one machine', () => {
  it('are known by what its fence shows: the listed one stands for the one that is gone', () => {
    expect([...of([NAME, OTHER]).names]).toEqual([[ADDRESS, NAME]]);
    expect([...of([ADDRESS, OTHER]).names]).toEqual([[NAME, ADDRESS]]);
  });

  it('are two nodes as long as both are listed, or neither is', () => {
    expect(of([ADDRESS, NAME]).names.size).toBe(0);
    expect(of([OTHER]).names.size).toBe(0);
  });

  it('are forgotten when another machine answers to the listed one, or the list changes back', () => {
    const replaced = of([NAME, OTHER]);
    replaced.forget(OTHER);
    expect(replaced.names.size).toBe(1);
    replaced.forget(NAME);
    expect(replaced.names.size).toBe(0);
    const back = of([NAME, OTHER]);
    back.listed(new Set([ADDRESS, OTHER]));
    expect(back.names.size).toBe(0);
    const gone = of([NAME, OTHER]);
    gone.listed(new Set([OTHER]));
    expect(gone.names.size).toBe(0);
  });
});
