/**
 * The walk of a new user: the commands and programs of the README as they stand, on a machine with Node.js, a shell and
 * curl. Only the ports are others, and our packages come from the registry of this run.
 */
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Terminal } from './terminal.mjs';

/** No memcached and no container engine is among them. */
const PROGRAMS = ['node', 'npm', 'npx', 'bash', 'sh', 'env', 'mkdir', 'cp', 'curl'];
/** Enough that some of them are on another node when one has joined. */
const USERS = 20;
const LOGGED_IN = '{"user":"USER_123"}';

export const FRAMEWORKS = /** @type {const} */ (['Fastify', 'Koa', 'Express']);

/**
 * Rejects unless the README leads to a session that is still there when a node has joined.
 *
 * @param {string} folder
 * @param {(typeof FRAMEWORKS)[number]} framework
 * @param {string} npmrc where our packages come from
 */
export async function walk(folder, framework, npmrc) {
  const bin = join(folder, 'bin');
  const shop = join(folder, 'shop');
  await mkdir(bin, { recursive: true });
  for (const name of PROGRAMS)
    await symlink(execFileSync('which', [name], { encoding: 'utf8' }).trim(), join(bin, name));
  await writeFile(join(folder, 'npmrc'), npmrc);
  const env = { HOME: process.env.HOME ?? folder, PATH: bin };
  const { prepare, program, start, logIn, profile, origin } = await wordsOfReadme(framework);

  const [makeProject, ...rest] = prepare.split('\n');
  const nodes = new Terminal([makeProject, 'cp ../npmrc .npmrc', ...rest].join('\n'), { cwd: folder, env });
  /** @type {Terminal | undefined} */
  let app;
  try {
    await nodes.shows('runtime embedded');
    await nodes.shows('configuration endpoint');
    await writeFile(join(shop, 'app.mjs'), program);
    app = new Terminal(start.replace(/ &$/, ''), { cwd: shop, env });
    await app.answers(`${origin}/profile`);
    const ask = async () => {
      const answers = [(await promisify(execFile)('bash', ['-ec', profile], { cwd: shop, env })).stdout];
      for (const cookie of cookies)
        answers.push(await (await fetch(`${origin}/profile`, { headers: { cookie } })).text());
      return answers.filter((answer) => answer === LOGGED_IN).length;
    };
    await promisify(execFile)('bash', ['-ec', logIn], { cwd: shop, env });
    const cookies = [];
    while (cookies.length < USERS) {
      const { headers } = await fetch(`${origin}/login`, { method: 'POST' });
      cookies.push(headers.getSetCookie()[0]?.split(';')[0] ?? '');
    }
    const before = await ask();
    nodes.type('add');
    await nodes.shows('configuration version 2');
    const after = await ask();
    if (before !== USERS + 1 || after !== USERS + 1)
      throw new Error(`of ${USERS + 1} users, ${before} were logged in, and ${after} when a node had joined`);
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    throw new Error(`${message}\n${nodes.said}\n${app?.said ?? ''}`, { cause: error });
  } finally {
    await Promise.all([nodes.end(), app?.end()]);
  }
}

/** @param {(typeof FRAMEWORKS)[number]} framework */
async function wordsOfReadme(framework) {
  const [nodesPort, appPort] = [await freePort(), await freePort()];
  const readme = (await readFile(new URL('../../README.md', import.meta.url), 'utf8'))
    .replaceAll('11311', String(nodesPort))
    .replaceAll(/\b3000\b/g, String(appPort));
  const sectionOf = (/** @type {string} */ name) =>
    readme.split(`## Use it with ${name}\n`)[1]?.split('\n## ')[0] ?? '';
  const [first = '', start = '', ask = ''] = [...sectionOf('Fastify').matchAll(/```sh\n(.*?)\n```/gs)].map(
    ([, block]) => block,
  );
  const section = sectionOf(framework);
  const [command = ''] = /npm install \w+ @sess\/[\w-]+/.exec(section) ?? [];
  const [logIn = '', profile = ''] = ask.split('\n');
  return {
    prepare: first.replace(/npm install \w+ @sess\/[\w-]+/, command),
    program: /```ts\n(.*?)```/s.exec(section)?.[1] ?? '',
    start,
    logIn,
    profile,
    origin: `http://127.0.0.1:${appPort}`,
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}
