import { access, constants, mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OptionError } from './options.ts';
import { renderPage } from '../report/page/page.ts';
import type { Report } from '../measure/report.ts';

/** The files of a report. */
export interface ReportTargets {
  /** File for the measurements. */
  readonly json: string | undefined;
  /** Directory for the page. */
  readonly report: string | undefined;
}

/**
 * Checks before the work that the report can be written.
 *
 * @throws {OptionError} if it can't
 */
export async function checkTargets({ json, report }: ReportTargets): Promise<void> {
  const jsonReason = json === undefined ? undefined : await reasonAgainstFile(json);
  if (jsonReason !== undefined)
    throw new OptionError(`--json ${json}: ${jsonReason}. Name a file in a directory that you may write to.`);
  if (report === undefined) return;
  try {
    await mkdir(report, { recursive: true });
    await access(report, constants.W_OK);
  } catch (cause) {
    throw new OptionError(
      `--report ${report}: the directory can't be made or written to. Name one that you may write to.`,
      { cause },
    );
  }
}

/** Writes the requested files, and resolves to their names. */
export async function writeReport(
  { json, report: directory }: ReportTargets,
  report: Report,
): Promise<readonly string[]> {
  const files: string[] = [];
  if (json !== undefined) files.push(await writeWhole(json, `${JSON.stringify(report, undefined, 2)}\n`));
  if (directory !== undefined) files.push(await writeWhole(join(directory, 'index.html'), renderPage(report)));
  return files;
}

/** Writes a file atomically: a reader sees all of it, or nothing. */
async function writeWhole(path: string, text: string): Promise<string> {
  const unfinished = `${path}.${process.pid}.tmp`;
  await writeFile(unfinished, text);
  await rename(unfinished, path);
  return path;
}

async function reasonAgainstFile(path: string): Promise<string | undefined> {
  const directory = dirname(path);
  try {
    await access(directory, constants.W_OK);
  } catch {
    return `the directory ${directory} does not exist or can't be written to`;
  }
  const existing = await stat(path).catch(() => undefined);
  return existing?.isDirectory() === true ? 'this is a directory' : undefined;
}
