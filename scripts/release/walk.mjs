/**
 * The first steps of a new user: runs the commands and programs of the README unchanged, on a machine with Node.js, a
 * shell and curl. Only the ports differ, and our packages come from the registry of this run.
 */
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Terminal } from './terminal.mjs';

/** The programs in the user's PATH, without memcached and container engines. */
const PROGRAMS = ['node', 'npm', 'npx', 'bash', 'sh', 'env', 'mkdir', 'cp'];
/** Enough users that some of their sessions move when a node joins. */
const USERS = 20;
const LOGGED_IN = '{"user":"USER_123"}';

export const FRAMEWORKS = /** @type {const} */ (['Fastify', 'Koa', 'Express']);

/**
 * Rejects unless the README leads to sessions that survive when a node joins.
 *
 * @param {string} folder
 * @param {(typeof FRAMEWORKS)[number]} framework
 * @param {string} npmrc where our packages come from
 */
export async function walk(folder, framework, npmrc) {
  const bin = join(folder, 'bin');
  const shop = join(folder, 'shop');
  await mkdir(bin, { recursive: true });
  for (const name of PROGRAMS) await symlink(pathOf(name), join(bin, name));
  // Without curl on the machine, the first user logs in like the others.
  const curl = pathOf('curl');
  if (curl !== '') await symlink(curl, join(bin, 'curl'));
  await writeFile(join(folder, 'npmrc'), npmrc);
  const env = { ...process.env, PATH: bin };
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
      const answers =
        curl === '' ? [] : [(await promisify(execFile)('bash', ['-ec', profile], { cwd: shop, env })).stdout];
      for (const cookie of cookies)
        answers.push(await (await fetch(`${origin}/profile`, { headers: { cookie } })).text());
      return answers.filter((answer) => answer === LOGGED_IN).length;
    };
    if (curl !== '') await promisify(execFile)('bash', ['-ec', logIn], { cwd: shop, env });
    const cookies = [];
    while (cookies.length < USERS) {
      const { headers } = await fetch(`${origin}/login`, { method: 'POST' });
      cookies.push(headers.getSetCookie()[0]?.split(';')[0] ?? '');
    }
    const users = USERS + (curl === '' ? 0 : 1);
    const before = await ask();
    nodes.type('add');
    await nodes.shows('configuration version 2');
    const after = await ask();
    if (before !== users || after !== users)
      throw new Error(`of ${users} users, ${before} were logged in, and ${after} when a node had joined`);
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

/** @param {string} program @returns {string} where it is; empty if it is not there */
function pathOf(program) {
  return spawnSync('which', [program], { encoding: 'utf8' }).stdout.trim();
}

/**
 * A free port below the range of outgoing connections, and below that of local nodes, so that nothing takes it before
 * it is used.
 */
async function freePort() {
  const server = createServer();
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 5_000);
    const isFree = await new Promise((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
