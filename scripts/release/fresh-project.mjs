import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { oursOf } from './projects.mjs';

const execute = promisify(execFile);
const DEADLINE_MS = 300_000;

/** Versions of TypeScript by their title in the table. */
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
  // yarn identifies a package by name and version only, and would use one of an earlier run from its usual cache. It
  // also fails where npm and pnpm only warn: for a dependency that requires a newer Node.js, such as one of Fastify's.
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
 * Creates a new project with the packed packages, and installs it like a user.
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
  // A registry may fail once, and the cache of an earlier run may be out of date.
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

/** Checks the types, and compiles to JavaScript. @param {string} folder @param {string} compiler the path of `tsc` */
export async function compile(folder, compiler) {
  await told(execute(process.execPath, [compiler, '-p', folder], { timeout: DEADLINE_MS }));
}

/**
 * Runs a project that is itself a test.
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
 * Checks that a user can log in, read the profile and log out, and that the old cookie does not work afterwards.
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

/** Rejects with the command's output. @param {Promise<unknown>} running */
async function told(running) {
  try {
    await running;
  } catch (error) {
    const { stdout = '', stderr = '', message } = /** @type {Error & { stdout?: string, stderr?: string }} */ (error);
    throw new Error(`${stdout}${stderr}`.trim() || message, { cause: error });
  }
}
