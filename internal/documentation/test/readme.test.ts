import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ExampleProcess } from './example-process.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const README = read('../../../README.md');

/** The first TypeScript block under a heading. */
function exampleUnder(heading: string): string {
  const section = README.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return /```ts\n(.*?)```/s.exec(section)?.[1] ?? '';
}

describe('the README of the repository', () => {
  let cluster: LocalCluster | undefined;
  beforeAll(async () => {
    cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
  });
  afterAll(() => cluster?.close());

  it.each([
    ['Use it with Fastify', './fastify-example.ts'],
    ['Use it with Koa', './koa-example.ts'],
    ['Use it with Express', './express-example.ts'],
  ])('shows under "%s" a program that is type-checked', (heading, path) => {
    expect(exampleUnder(heading)).toBe(read(path));
  });

  it('lists every package', () => {
    const packages = readdirSync(new URL('../../../packages/', import.meta.url));
    expect(packages.filter((name) => !README.includes(`| [\`@sess/${name}\`](packages/${name}) `))).toEqual([]);
  });

  it('shows how the data is typed', () => {
    expect(README).toContain(`\`\`\`ts\n${read('./session-data-example.ts')}\`\`\``);
  });

  it.each(['session.ts', 'session.d.ts'])('types the data of a program from a file %s beside it', async (name) => {
    // Here imports find the packages.
    const folder = await mkdtemp(fileURLToPath(new URL('../node_modules/.readme-', import.meta.url)));
    onTestFinished(() => rm(folder, { recursive: true }));
    const files = [join(folder, name), join(folder, 'app.mts')] as const;
    await writeFile(join(folder, 'package.json'), '{ "type": "commonjs" }');
    await writeFile(files[0], /```ts\n(.*?)```/s.exec(README.split('**In TypeScript**')[1] ?? '')?.[1] ?? '');
    await writeFile(files[1], exampleUnder('Use it with Fastify'));
    const settings = '--ignoreConfig --noEmit --strict --skipLibCheck --module nodenext --target es2022 --types node';
    const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));
    await promisify(execFile)(process.execPath, [tsc, ...settings.split(' '), ...files], { cwd: folder });
  });

  it.each([
    ['Use it with Fastify', 'POST'],
    ['Use it with Koa', 'GET'],
    ['Use it with Express', 'POST'],
  ])('shows under "%s" a program that keeps a user logged in', async (heading, method) => {
    await using example = await ExampleProcess.start(exampleUnder(heading), {
      SESS_SERVERS: `elasticache://${cluster?.configurationEndpoint}?timeoutMs=10000`,
      SESS_SECRET: 'a secret of at least thirty-two bytes',
    });
    expect(await (await fetch(`${example.url}/profile`)).json()).toEqual({});
    const login = await fetch(`${example.url}/login`, { method });
    const cookie = login.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    expect(await (await fetch(`${example.url}/profile`, { headers: { cookie } })).json()).toEqual({ user: 'USER_123' });
  });
});
