import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import * as channels from '../src/diagnostics.ts';
import { ERROR_CODES, SessClientError } from '../src/errors.ts';
import { operationChannels } from '../src/tracing.ts';
import { OPTION_NAMES } from '../src/options.ts';
import { resolveOptions } from '../src/resolve-options.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** The rows of the table under a heading of the README, as cells. */
function tableUnder(heading: string): string[][] {
  const section = readme.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((text) => text.trim()),
  );
}

function names(cell: string | undefined): string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}

describe('the README', () => {
  it('lists every error code, and whether it is retryable', () => {
    const listed = tableUnder('Errors').map(([code, retryable]) => `${names(code)[0]} ${retryable}`);
    expect(listed).toEqual(
      ERROR_CODES.map((code) => `${code} ${new SessClientError(code, '').retryable ? 'yes' : 'no'}`),
    );
  });

  it('lists every option', () => {
    const listed = tableUnder('Options').flatMap(([name]) => names(name));
    expect(listed.toSorted()).toEqual([...OPTION_NAMES].toSorted());
  });

  it('tells the defaults that are in force', () => {
    const resolved = resolveOptions({ servers: ['10.0.0.1:11211'] });
    const inForce = new Map<string, unknown>(Object.entries({ ...resolved.transportOptions, ...resolved }));
    const told = tableUnder('Options').filter(([, unit]) => unit !== '' && unit !== 'nodes');
    expect(told.length).toBe(9);
    for (const [name, , byDefault] of told) {
      expect([name, Number(byDefault?.replaceAll(',', ''))]).toEqual([name, inForce.get(names(name)[0] ?? '')]);
    }
  });

  it('lists every diagnostics channel', () => {
    const declared = Object.values(channels).map(({ name }) => name);
    const listed = tableUnder('Diagnostics').map(([name]) => names(name)[0]);
    expect(listed.toSorted()).toEqual(declared.map(String).toSorted());
  });

  it('lists every tracing channel', () => {
    const declared = Object.values(operationChannels).map(({ start }) => String(start.name));
    const listed = tableUnder('Tracing').map(([name]) => `tracing:${names(name)[0]}:start`);
    expect(listed.toSorted()).toEqual(declared.toSorted());
  });
});
