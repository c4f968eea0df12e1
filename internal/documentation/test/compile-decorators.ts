import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const MODULES = fileURLToPath(new URL('../node_modules', import.meta.url));
const COMPILER = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

/** As a new project of NestJS has them, which has decorators as TypeScript had them first. */
const SETTINGS = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    isolatedModules: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: true,
    types: ['node'],
  },
  files: ['main.ts'],
};

/** Checks the types of a program with decorators, and makes JavaScript of it. Rejects with what the compiler says. */
export async function compileDecorators(program: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sess-example-'));
  try {
    await symlink(MODULES, join(directory, 'node_modules'));
    await writeFile(join(directory, 'package.json'), JSON.stringify({ type: 'module' }));
    await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(SETTINGS));
    await writeFile(join(directory, 'main.ts'), program);
    await promisify(execFile)(process.execPath, [COMPILER, '-p', directory]).catch(
      (error: Error & { stdout?: string }) => {
        throw new Error(`the program has mistakes:\n${error.stdout ?? error.message}`);
      },
    );
    return await readFile(join(directory, 'main.js'), 'utf8');
  } finally {
    await rm(directory, { recursive: true });
  }
}
