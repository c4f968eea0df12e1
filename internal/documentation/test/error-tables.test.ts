import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readmeOf } from './option-types.ts';
import { namesIn, rowsOf } from './tables.ts';

const PACKAGES = new URL('../../../packages/', import.meta.url);

/** Whose errors a package throws where it has none of its own. */
const BORROWED: Readonly<Record<string, string>> = {
  'better-auth': 'external-store',
  'express-session-store': 'external-store',
  'koa-session-store': 'external-store',
  'unstorage-driver': 'external-store',
};

/** Whose errors answer requests, and so have a status. */
const WITH_STATUS: Readonly<Record<string, string>> = { session: 'SessionError', 'external-store': 'StoreError' };

function codesOf(name: string): readonly string[] {
  const source = new URL(`${BORROWED[name] ?? name}/src/errors.ts`, PACKAGES);
  if (!existsSync(source)) return [];
  const union = /^export type \w*ErrorCode =.*?';$/ms.exec(readFileSync(source, 'utf8'))?.[0] ?? '';
  return [...union.matchAll(/'(SESS_\w+)'/g)].map(([, code = '']) => code);
}

async function statusesOf(name: string): Promise<(code: string) => number> {
  const module: unknown = await import(new URL(`${name}/dist/errors.js`, PACKAGES).href);
  const type = (module as Record<string, new (code: string, message: string) => { readonly statusCode: number }>)[
    WITH_STATUS[name] ?? ''
  ];
  if (type === undefined) throw new Error(`${name} has no ${WITH_STATUS[name]}`);
  return (code) => new type(code, '').statusCode;
}

const packages = readdirSync(PACKAGES).map((name) => {
  const rows = rowsOf(readmeOf(name)).filter((row) => 'code' in row);
  return { name, codes: codesOf(name), rows };
});

it('finds the codes of the packages', () => {
  expect(packages.filter(({ codes }) => codes.length > 4).length).toBeGreaterThan(8);
});

describe.each(packages.filter(({ codes }) => codes.length > 0))('the README of $name', ({ codes, rows }) => {
  it('explains every error that one meets', () => {
    const explained = rows.flatMap(({ code }) => namesIn(code));
    expect(codes.filter((code) => !explained.includes(code))).toEqual([]);
  });
});

describe.each(packages.filter(({ rows }) => rows.some((row) => 'status' in row)))(
  'the README of $name',
  ({ name, rows }) => {
    it('says with which status each error answers', async () => {
      const statusOf = await statusesOf(BORROWED[name] ?? (name === 'external-store' ? name : 'session'));
      for (const { code, status = '' } of rows.filter((row) => 'status' in row))
        for (const each of namesIn(code)) expect([`${statusOf(each)}`, '–'], each).toContain(status.split(',')[0]);
    });
  },
);
