import { readdirSync, readFileSync } from 'node:fs';

/** A property of an option type, and the default that its docstring gives. */
export interface Option {
  readonly name: string;
  readonly byDefault: string | undefined;
}

const PACKAGES = new URL('../../../packages/', import.meta.url);

export function readmeOf(name: string): string {
  return readFileSync(new URL(`${name}/README.md`, PACKAGES), 'utf8');
}

function sourcesOf(name: string): string {
  const folder = new URL(`${name}/src/`, PACKAGES);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
    .join('\n');
}

/** The option types that a package exports, each with its own properties. */
export function optionTypesOf(name: string): ReadonlyMap<string, readonly Option[]> {
  const sources = sourcesOf(name);
  const exported = readFileSync(new URL(`${name}/src/index.ts`, PACKAGES), 'utf8').match(/\b\w+(?:Options|Limits)\b/g);
  const types = [...new Set(exported)].map((type) => [type, optionsIn(sources, type)] as const);
  return new Map(types.filter(([, options]) => options.length > 0));
}

function optionsIn(sources: string, type: string): readonly Option[] {
  const body = new RegExp(`^export interface ${type}\\b[^{]*\\{\\n(.*?)^\\}`, 'ms').exec(sources)?.[1] ?? '';
  const properties = body.matchAll(/(?: {2}\/\*\*((?:(?!\*\/).)*)\*\/\n)? {2}readonly (\w+)\??:/gs);
  return [...properties].map(([, docs = '', name = '']) => ({ name, byDefault: defaultIn(docs) }));
}

/** `Default 500.`, `Default: none`, `'error'`, the default, `'auto'` (default)`. */
function defaultIn(docs: string): string | undefined {
  const text = docs.replaceAll(/\s*\n\s*\*?\s*/g, ' ');
  const [, after] = /Default:? (`[^`]*`|'[^']*'|[\d,]*\d|none|never)/.exec(text) ?? [];
  const [, before] = /(`[^`]*`)(?: \([^)]*\))?(?:, the default| \(default\))/.exec(text) ?? [];
  return after ?? before;
}
