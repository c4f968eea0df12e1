import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const PACKAGES = new URL('../../../packages/', import.meta.url);
const sections = new Map(
  readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split('\n')[0] ?? '', section]),
);

/** Every member of the unions named `…ErrorCode` that a package declares. */
function codesOf(name: string): readonly string[] {
  const folder = new URL(`${name}/src/`, PACKAGES);
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(^|\/)[\w-]*errors\.ts$/.test(file),
  );
  return sources.flatMap((file) => {
    const source = readFileSync(new URL(file, folder), 'utf8');
    const unions = source.match(/^export type \w*ErrorCode =.*?';$/gms) ?? [];
    return unions.flatMap((union) => [...union.matchAll(/\| '(SESS_\w+)'/g)].map(([, code]) => code ?? ''));
  });
}

const declared = new Map(readdirSync(PACKAGES).map((name) => [name, codesOf(name)]));

describe('docs/errors.md', () => {
  // Packages without errors of their own have none to explain; these five are known to have some.
  it.each(['client', 'discovery', 'hash-ring', 'local-cluster', 'session'])('finds the codes of %s', (name) => {
    expect(declared.get(name)?.length).toBeGreaterThan(0);
  });

  it.each([...declared])('explains every code of %s', (_name, codes) => {
    expect(codes.filter((code) => !sections.has(code))).toEqual([]);
  });

  it('explains no code that no package has', () => {
    const all = new Set([...declared.values()].flat());
    expect([...sections.keys()].filter((title) => !all.has(title))).toEqual([]);
  });

  it.each([...sections.keys()])('says of %s what happened, what to check and what to do', (title) => {
    for (const part of ['**What happened.**', '**Check.**', '**Do.**']) expect(sections.get(title)).toContain(part);
  });
});
