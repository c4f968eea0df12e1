import { access, constants, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OptionError } from './options.ts';
import type { Report } from './report.ts';

/**
 * Finds out before the work, rather than after it, whether the report can be written.
 *
 * @throws {OptionError} when it can't.
 */
export async function checkJsonFile(path: string): Promise<void> {
  const reason = await reasonAgainst(path);
  if (reason !== undefined) throw new OptionError(`--json ${path}: ${reason}. Name a file in a directory that you may write to.`);
}

/** Writes the report in one step: whoever reads the file sees all of it, or none. */
export async function writeJsonFile(path: string, report: Report): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  await writeFile(unfinished, `${JSON.stringify(report, undefined, 2)}\n`);
  await rename(unfinished, path);
}

async function reasonAgainst(path: string): Promise<string | undefined> {
  const directory = dirname(path);
  try {
    await access(directory, constants.W_OK);
  } catch {
    return `the directory ${directory} does not exist or can't be written to`;
  }
  const existing = await stat(path).catch(() => undefined);
  return existing?.isDirectory() === true ? 'this is a directory' : undefined;
}
