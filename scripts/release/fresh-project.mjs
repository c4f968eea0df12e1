import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { oursOf } from './projects.mjs';

const execute = promisify(execFile);
const DEADLINE_MS = 300_000;

/** TypeScript by the word that a table shows. */
export const COMPILERS = new Map([
  ['5.4', '~5.4.0'],
  ['5.9', '~5.9.0'],
  ['6', '^6.0.0'],
  ['7', '^7.0.0'],
]);

const QUIET = ['--prefer-offline', '--ignore-scripts'];
const INSTALL = /** @type {const} */ ({
  npm: ['npm', 'install', '--no-audit', '--no-fund', ...QUIET],
  pnpm: ['pnpm', 'install', ...QUIET],
  // It knows a package by name and version only, and would take one of an earlier run from its usual cache. Where npm and
  // pnpm warn of a dependency that wants a newer Node.js, as one of Fastify's does, it stops.
  yarn: [
    'npx',
    '--yes',
    '--package',
    'yarn@1',
    '--',
    'yarn',
    'install',
    '--cache-folder',
    '.yarn-cache',
    '--ignore-engines',
    ...QUIET,
  ],
});

/**
 * A new project that has the packed packages, installed as people do it.
 *
 * @param {string} folder an empty one
 * @param {import('./projects.mjs').Project} project
 * @param {string} npmrc where our packages come from
 * @param {'npm' | 'pnpm' | 'yarn'} manager
 */
export async function install(folder, project, npmrc, manager) {
  const manifest = {
    name: 'shop',
    version: '1.0.0',
    private: true,
    type: project.module === 'esm' ? 'module' : 'commonjs',
    dependencies: {
      ...project.dependencies,
      ...Object.fromEntries(oursOf(project).map((name) => [name, 'latest'])),
    },
    devDependencies: { '@types/node': '^20.0.0', ...project.types },
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, '.npmrc'), npmrc);
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, undefined, 2));
  await writeFile(join(folder, 'main.ts'), project.main);
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings(project)));
  for (const [path, text] of Object.entries(project.files ?? {})) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  if (manager === 'pnpm') await writeFile(join(folder, 'pnpm-workspace.yaml'), 'packages: []\n');
  const [command, ...args] = INSTALL[manager];
  const attempt = (/** @type {readonly string[]} */ words) =>
    told(execute(command, words, { cwd: folder, timeout: DEADLINE_MS }));
  // A registry may fail once, and what an earlier run left may be out of date.
  await attempt(args).catch(() => attempt(args.filter((word) => word !== '--prefer-offline')));
}

/** @param {import('./projects.mjs').Project} project */
function settings(project) {
  return {
    compilerOptions: {
      target: 'es2022',
      module: project.module === 'esm' ? 'nodenext' : 'node16',
      moduleResolution: project.module === 'esm' ? 'nodenext' : 'node16',
      strict: true,
      esModuleInterop: true,
      skipLibCheck: true,
      outDir: 'dist',
      rootDir: '.',
      types: project.isTest === true ? ['node', 'jest'] : ['node'],
      ...project.settings,
    },
    files: ['main.ts'],
  };
}

/** Checks the types, and makes JavaScript. @param {string} folder @param {string} compiler the path of `tsc` */
export async function compile(folder, compiler) {
  await told(execute(process.execPath, [compiler, '-p', folder], { timeout: DEADLINE_MS }));
}

/**
 * Runs a project that is a test of its own.
 *
 * @param {string} folder
 * @param {string} servers
 */
export async function test(folder, servers) {
  const args = ['node_modules/jest/bin/jest.js', '--testMatch', '**/dist/main.js'];
  await told(execute(process.execPath, args, { cwd: folder, env: environment(servers), timeout: DEADLINE_MS }));
}

/** @param {string} servers */
function environment(servers) {
  return { ...process.env, SESS_SERVERS: servers, SESS_SECRET: 'a secret of at least thirty-two bytes' };
}

/**
 * A user logs in, looks at the profile, and logs out; the cookie of before is good for nothing then.
 *
 * @param {string} folder
 * @param {string} servers
 */
export async function visit(folder, servers) {
  const child = spawn(process.execPath, ['dist/main.js'], {
    cwd: folder,
    env: environment(servers),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text) => (said += text));
  const ended = once(child, 'exit');
  try {
    const port = await Promise.race([
      once(child.stdout, 'data').then(([text]) => Number(text)),
      ended.then(([code]) => Promise.reject(new Error(`it ended with ${code}: ${said}`))),
    ]);
    const ask = async (method, path, cookie = '') => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { cookie } });
      const set = response.headers.getSetCookie().map((line) => line.split(';')[0]);
      return { status: response.status, cookie: set.join('; ') || cookie, body: await response.json() };
    };
    const login = await ask('POST', '/login');
    const profile = await ask('GET', '/profile', login.cookie);
    const logout = await ask('POST', '/logout', login.cookie);
    const after = await ask('GET', '/profile', login.cookie);
    const seen = [login.status < 300, profile.body.user, logout.status < 300, after.body.user];
    if (JSON.stringify(seen) !== '[true,"USER_123",true,null]')
      throw new Error(`login, profile, logout and profile were ${JSON.stringify(seen)}: ${said}`);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

/** Rejects with what the command said. @param {Promise<unknown>} running */
async function told(running) {
  try {
    await running;
  } catch (error) {
    const { stdout = '', stderr = '', message } = /** @type {Error & { stdout?: string, stderr?: string }} */ (error);
    throw new Error(`${stdout}${stderr}`.trim() || message, { cause: error });
  }
}
