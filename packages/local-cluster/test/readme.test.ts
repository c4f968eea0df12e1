import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { HELP } from '../src/command/help-text.ts';
import { resolveOptions } from '../src/options.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const OPTIONS = README.slice(README.indexOf('## Options'), README.indexOf('## Runtimes'));
const ERRORS = readFileSync(new URL('../src/errors.ts', import.meta.url), 'utf8');
const BUILT = new URL('../dist/index.js', import.meta.url).href;

test('the example runs', { timeout: 60_000 }, async () => {
  const example = /```ts\n(.+?)```/s.exec(README)?.[1] ?? '';
  expect(example).toContain('startLocalCluster');
  const program = example
    .replace("'@sess/local-cluster'", JSON.stringify(BUILT))
    .replace('{ nodes: 3 }', "{ nodes: 3, runtime: 'embedded' }");
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  const [code] = (await once(child, 'close')) as [number];
  expect(output).toMatch(/^embedded elasticache:\/\/127\.0\.0\.1:\d+\n$/);
  expect(code).toBe(0);
});

test('the example of the stand-in for ElastiCache runs', { timeout: 60_000 }, async () => {
  const example =
    /```ts\n(.+startLocalElastiCache.+?)```/s.exec(README.slice(README.indexOf('## A stand-in')))?.[1] ?? '';
  expect(example).toContain('CacheNodeIdsToRemove');
  const program = example
    .replace("'@sess/local-cluster'", JSON.stringify(BUILT))
    .replace('{ nodes: 3 }', "{ nodes: 3, runtime: 'embedded', timeScale: 1000 }")
    .replace('await aws.close()', 'console.log(aws.nodes.map((node) => node.cacheNodeId).join()); await aws.close()');
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '--eval', program], {
    cwd: new URL('..', import.meta.url),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  const [code] = (await once(child, 'close')) as [number];
  expect({ code, output }).toEqual({ code: 0, output: '0001,0003\n' });
});

test('every option is in the table, and the default of a number is the one that is used', () => {
  const { node, ...options } = resolveOptions();
  const defaults: Readonly<Record<string, unknown>> = { ...options, ...node };
  for (const [name, value] of Object.entries(defaults)) {
    const row = OPTIONS.split('\n').find((line) => line.startsWith(`| \`${name}\` `));
    expect(row, name).toBeDefined();
    if (typeof value === 'number') expect(row?.split('|')[3]?.trim().replaceAll(',', '')).toBe(String(value));
  }
});

test('every error code is in the table, and no other', () => {
  const codes = new Set(ERRORS.match(/'SESS_\w+'/g)?.map((code) => code.slice(1, -1)));
  const rows = README.match(/^\| `SESS_\w+`/gm)?.map((row) => row.slice(3, -1));
  expect(new Set(rows)).toEqual(codes);
});

test('every command is in the text and in the help', () => {
  for (const command of [
    'list',
    'add',
    'remove ID',
    'crash ID',
    'restart ID',
    'pause ID',
    'resume ID',
    'help',
    'quit',
  ]) {
    expect(README).toContain(`\`${command}\``);
    expect(HELP).toContain(command);
  }
});
