import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NodeProcess } from '@sess/loopback';
import { expect, test } from 'vitest';
import { HELP } from '../src/command/help-text.ts';

const HOME = fileURLToPath(new URL('..', import.meta.url));
const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const BUILT = new URL('../dist/index.js', import.meta.url).href;

async function run(program: string, ...flags: readonly string[]): Promise<{ code: number | null; output: string }> {
  await using child = new NodeProcess([...flags, '--input-type=module', '--eval', program], { cwd: HOME });
  const { code } = await child.ended;
  return { code, output: child.output + child.errors };
}

test('the example runs', { timeout: 60_000 }, async () => {
  const example = /```ts\n(.+?)```/s.exec(README)?.[1] ?? '';
  expect(example).toContain('startLocalCluster');
  const program = example
    .replace("'@sess/local-cluster'", JSON.stringify(BUILT))
    .replace('{ nodes: 3 }', "{ nodes: 3, runtime: 'embedded' }");
  const { code, output } = await run(program);
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
  expect(await run(program, '--no-warnings')).toEqual({ code: 0, output: '0001,0003\n' });
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
