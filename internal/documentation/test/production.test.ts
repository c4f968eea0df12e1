import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const page = readFileSync(new URL('../../../docs/production.md', import.meta.url), 'utf8');

describe('docs/production.md', () => {
  it('shows a test of an application that passes', { timeout: 180_000 }, async () => {
    const program = /```js\n(.*?)```/s.exec(page)?.[1] ?? '';
    expect(program).toContain('node:test');
    const cwd = fileURLToPath(new URL('.', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { cwd });
    expect(stdout).toMatch(/^# pass 1$|ℹ pass 1$/m);
  });

  it('works its example out by its formula', () => {
    const [, overhead = '', spare = ''] = /bytes = \(data as JSON \+ (\d+)\) × ([\d.]+) × copies/.exec(page) ?? [];
    const { sessions, data, logins, copies, nodes } = example();
    const gigabytes = (row: string): number => Number(new RegExp(`^\\| ${row}.*?([\\d.]+) GB`, 'm').exec(page)?.[1]);
    const inAll = (sessions * (data + Number(overhead)) * Number(spare) * copies) / 1e9;
    const tombstones = (logins * tombstoneBytes() * copies) / 1e9;
    expect(gigabytes('sessions')).toBeCloseTo(inAll, 2);
    expect(gigabytes('tombstones')).toBeCloseTo(tombstones, 2);
    expect(gigabytes('one node of')).toBeCloseTo(inAll / nodes, 2);
    const fifth = (inAll + tombstones + inAll / nodes) / 5;
    expect(gigabytes('a fifth')).toBeCloseTo(fifth, 2);
    expect(gigabytes('\\*\\*together')).toBeCloseTo(fifth * 6, 1);
  });
});

function example(): Readonly<Record<'sessions' | 'data' | 'logins' | 'copies' | 'nodes', number>> {
  const text =
    /\*\*Example\.\*\* ([\d,]+) sessions at once of (\d+) KiB, ([\d,]+) logins an hour, two copies, four nodes/;
  const [sessions = 0, kibibytes = 0, logins = 0] = (text.exec(page) ?? [])
    .slice(1)
    .map((figure) => Number(figure.replaceAll(',', '')));
  return { sessions, data: kibibytes * 1_024, logins, copies: 2, nodes: 4 };
}

function tombstoneBytes(): number {
  return Number(/a tombstone of about (\d+) bytes/.exec(page)?.[1]);
}
