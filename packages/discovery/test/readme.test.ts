import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RETRYABLE } from '../src/errors.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** The rows of all tables in `text` that begin with code, as cells. */
function rowsOf(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
    .map(([, ...cells]) => cells);
}

const rows = rowsOf(readme);

describe('the README', () => {
  it('lists every error code, and whether it is retryable', () => {
    const listed = rows.filter(([code]) => code?.startsWith('SESS_')).map(([code, retryable]) => [code, retryable]);
    expect(listed).toEqual(Object.entries(RETRYABLE).map(([code, retryable]) => [code, retryable ? 'yes' : 'no']));
  });

  it('names every diagnostics channel', () => {
    const source = readFileSync(new URL('../src/diagnostics.ts', import.meta.url), 'utf8');
    const channels = [...source.matchAll(/^ {2}'(sess:[a-z:-]+)'/gmu)].map(([, name]) => name);
    expect(channels.length).toBeGreaterThan(0);
    expect(rows.map(([name]) => name).filter((name) => name?.startsWith('sess:'))).toEqual(channels);
  });
});
