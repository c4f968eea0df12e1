import { describe, expect, it } from 'vitest';
import { Progress } from './progress.ts';

function recorder(
  isTTY: boolean,
  columns = 40,
): { written: string[]; write(text: string): void; isTTY: boolean; columns: number } {
  const written: string[] = [];
  return { written, write: (text) => void written.push(text), isTTY, columns };
}

const ERASE = '\r\u001B[2K';

describe('Progress', () => {
  it('writes a line for each step, and none for what is counted, where there is no terminal', () => {
    const output = recorder(false);
    const progress = new Progress(output);
    progress.begin('crash');
    progress.step('logging in');
    progress.step('counting', 2_000);
    progress.advance();
    progress.note('done');
    progress.clear();
    expect(output.written).toEqual(['crash: logging in\n', 'crash: counting (2,000)\n', 'done\n']);
  });

  it('paints one line over and over on a terminal, not more often than can be read', () => {
    const output = recorder(true);
    let now = 0;
    const progress = new Progress(output, () => now);
    progress.begin('crash');
    progress.step('starting');
    progress.step('counting', 4);
    progress.advance();
    now = 100;
    progress.advance();
    progress.advance();
    progress.advance();
    expect(output.written).toEqual([
      `${ERASE}crash: starting`,
      `${ERASE}crash: counting 0/4`,
      `${ERASE}crash: counting 2/4`,
      `${ERASE}crash: counting 4/4`,
    ]);
  });

  it('erases the line before a note, and does not let it wrap', () => {
    const output = recorder(true, 10);
    const progress = new Progress(output, () => 0);
    progress.begin('scenario');
    progress.step('step');
    progress.note('kept');
    expect(output.written).toEqual([`${ERASE}scenario:`, ERASE, 'kept\n']);
  });
});
