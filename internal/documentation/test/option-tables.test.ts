import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { optionTypesOf, readmeOf } from './option-types.ts';
import { namesIn, rowsOf, type Row } from './tables.ts';

const PACKAGES = new URL('../../../packages/', import.meta.url);

/** Of one call each, and explained where the call is. */
const IN_TEXT = new Set([
  'CleanUpOptions',
  'CompareOptions',
  'GetItemOptions',
  'MemoryStoreOptions',
  'ModuloOptions',
  'SetItemOptions',
  'WorkingClockOptions',
]);

const STORE = { load: noop, save: noop, touch: noop, destroy: noop, close: noop };

/** What the checks of a package make of no options but those that are needed, and those that another decides. */
const IN_FORCE = [
  { name: 'client', module: 'resolve-options', check: 'resolveOptions', given: [{ servers: ['10.0.0.1:11211'] }] },
  {
    name: 'session',
    module: 'options/resolve-options',
    check: 'resolveOptions',
    given: [{ store: STORE, secret: 's'.repeat(32), touchAfterSeconds: 1 }],
  },
  {
    name: 'session',
    module: 'stores/backed/backing-options',
    check: 'resolveBacking',
    given: [{ backing: { load: noop } }],
  },
  { name: 'session', module: 'content/compression', check: 'resolveCompression', given: [true] },
  { name: 'local-cluster', module: 'options', check: 'resolveOptions', given: [] },
  {
    name: 'local-cluster',
    module: 'elasticache/elasticache-options',
    check: 'resolveElastiCacheOptions',
    given: [],
  },
  { name: 'discovery', module: 'dns/dns-options', check: 'resolveDnsOptions', given: ['a'] },
  {
    name: 'discovery',
    module: 'elasticache/elasticache-options',
    check: 'resolveElasticacheOptions',
    given: ['a:1'],
  },
  {
    name: 'postgres-backing',
    module: 'options',
    check: 'resolvePostgresOptions',
    given: [{ connectionString: 'postgres://a/b' }],
  },
];

function noop(): void {}

const packages = readdirSync(PACKAGES).map((name) => ({
  name,
  types: optionTypesOf(name),
  rows: rowsOf(readmeOf(name)),
}));
const types = packages.flatMap((each) => [...each.types].map(([type, options]) => ({ ...each, type, options })));

const rowsFor = (rows: readonly Row[], option: string): readonly Row[] =>
  rows.filter((row) => namesIn(Object.values(row)[0]).includes(option));

/** What the columns of defaults say of an option, without what sets numbers and code apart. */
const defaultsOf = (rows: readonly Row[], option: string): readonly string[] =>
  rowsFor(rows, option).flatMap(({ default: told }) => (told === undefined ? [] : [plain(told)]));

const plain = (text: string): string => text.replaceAll(/[`',]/g, '').trim();

it('finds the options of the packages', () => {
  const found = types.map(({ type }) => type);
  expect(found.length).toBeGreaterThan(25);
  expect(found).toEqual(
    expect.arrayContaining(['ClientOptions', 'SessionsOptions', 'LocalClusterOptions', 'DnsOptions']),
  );
  expect([...IN_TEXT].filter((type) => !found.includes(type))).toEqual([]);
});

describe.each(types)('the README of $name, about $type', ({ name, type, rows, options }) => {
  it('has every option in a table', () => {
    const code = [...readmeOf(name).matchAll(/`[^`\n]*`/g)].join(' ');
    const isThere = (option: string): boolean =>
      rowsFor(rows, option).length > 0 || (IN_TEXT.has(type) && new RegExp(`\\b${option}\\b`).test(code));
    // The rows of `cookie` are those of what is in it: `cookie.name`.
    const named = options.map((option) => option.name).filter((option) => option !== 'cookie');
    expect(named.filter((option) => !isThere(option))).toEqual([]);
  });

  it.each(options)('gives the default of $name that the type gives', ({ name: option, byDefault }) => {
    const told = defaultsOf(rows, option);
    if (byDefault !== undefined && told.length > 0)
      expect(told).toContainEqual(expect.stringContaining(plain(byDefault)));
  });
});

describe.each(IN_FORCE)('the README of $name, about what $check fills in', ({ name, module, check, given }) => {
  it('gives the defaults that are in force', async () => {
    const checks: unknown = await import(new URL(`${name}/dist/${module}.js`, PACKAGES).href);
    const resolve = (checks as Record<string, (...options: readonly unknown[]) => object>)[check];
    const inForce = plainValuesIn(resolve?.(...given) ?? {});
    const { rows = [] } = packages.find((each) => each.name === name) ?? {};
    const isGiven = (option: string): boolean => JSON.stringify(given).includes(`"${option}"`);
    const compared = [...new Set(inForce.map(([option]) => option))].filter(
      (option) => defaultsOf(rows, option).length > 0 && !isGiven(option),
    );
    expect(compared.length).toBeGreaterThan(1);
    for (const option of compared) {
      const values = inForce.flatMap(([each, value]) => (each === option ? [String(value)] : []));
      const isTold = values.some((value) => defaultsOf(rows, option).some((told) => told.includes(value)));
      expect(isTold, `${option}: ${defaultsOf(rows, option).join(' or ')}, in force: ${values.join(' or ')}`).toBe(
        true,
      );
    }
  });
});

/** Numbers, words and switches of an object and of the objects in it. */
function plainValuesIn(resolved: object): readonly (readonly [string, unknown])[] {
  return Object.entries(resolved).flatMap(([option, value]: [string, unknown]) => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return plainValuesIn(value);
    return ['number', 'string', 'boolean'].includes(typeof value) ? [[option, value] as const] : [];
  });
}
