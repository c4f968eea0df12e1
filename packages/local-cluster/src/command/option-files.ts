import { readFile } from 'node:fs/promises';
import type { Credentials, TlsMaterial } from '../options.ts';
import { UsageError } from './arguments.ts';

/** Reads key and certificate from their files. */
export async function readTls(
  keyFile: string | undefined,
  certFile: string | undefined,
): Promise<TlsMaterial | undefined> {
  if (keyFile === undefined || certFile === undefined) return undefined;
  return { key: await read('--tls-key', keyFile), cert: await read('--tls-cert', certFile) };
}

/** Reads user name and password from a file, so that no process list shows them. */
export async function readCredentials(file: string | undefined): Promise<Credentials | undefined> {
  if (file === undefined) return undefined;
  const [line = ''] = (await read('--credentials-file', file)).split(/\r?\n/);
  const colon = line.indexOf(':');
  if (colon < 1) throw new UsageError('--credentials-file: expected a first line "user:password"');
  return { username: line.slice(0, colon), password: line.slice(colon + 1) };
}

async function read(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${option}: can't read "${file}" (${error instanceof Error ? error.message : String(error)})`);
  }
}
