import { chmod, chown, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeSettings } from '../options.ts';
import type { NodeAddress } from './node-runner.ts';

/** The user that memcached switches to if started by root; it refuses to run as root. */
const UNPRIVILEGED = 'nobody';
const USUAL_UID_OF_NOBODY = 65_534;

/** memcached's secret files, in a directory of their own. */
export interface SecretFiles {
  readonly directory: string;
  readonly authentication: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

/** The command line of one node. */
export function memcachedArguments(
  { host, port }: NodeAddress,
  settings: NodeSettings,
  files: SecretFiles | undefined,
): string[] {
  const user = isRoot() ? ['-u', UNPRIVILEGED] : [];
  return ['-l', host, '-p', String(port), '-U', '0', ...user, ...sizeArguments(settings), ...secretArguments(files)];
}

/** memcached's default slab chunk. memcached does not start with a smaller item size. */
const SLAB_CHUNK_BYTES = 524_288;

/** Size limits, for processes and containers. Two threads are enough on one machine. */
export function sizeArguments({ memoryMegabytes, maxItemBytes, listsKeys }: NodeSettings): string[] {
  const chunk = maxItemBytes < SLAB_CHUNK_BYTES ? ['-o', `slab_chunk_max=${maxItemBytes}`] : [];
  const dumping = listsKeys ? [] : ['-X'];
  return ['-m', String(memoryMegabytes), '-I', String(maxItemBytes), ...chunk, ...dumping, '-t', '2'];
}

/** Authentication (`-Y`) and TLS (`-Z`). */
export function secretArguments(files: SecretFiles | undefined): string[] {
  const words: string[] = [];
  if (files?.authentication) words.push('-Y', files.authentication);
  if (files?.certificate && files.key)
    words.push('-Z', '-o', `ssl_chain_cert=${files.certificate},ssl_key=${files.key}`);
  return words;
}

/**
 * Writes credentials, key and certificate to a directory that no other user can enter; `undefined` if there are none.
 * memcached's user must be able to read the files. In a container that user is unknown, so only the directory protects
 * them.
 */
export async function writeSecretFiles(
  settings: Pick<NodeSettings, 'credentials' | 'tls'>,
  reader: 'process' | 'container',
): Promise<SecretFiles | undefined> {
  const { credentials, tls } = settings;
  if (!credentials && !tls) return undefined;
  const directory = await mkdtemp(join(tmpdir(), 'sess-cluster-'));
  const write = async (name: string, text: string | Buffer): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, text, { mode: 0o600 });
    // Changed afterwards, because the umask limits a new file's mode.
    if (reader === 'container') await chmod(path, 0o644);
    else if (isRoot()) await chown(path, await unprivilegedUid(), 0);
    return path;
  };
  const files = {
    directory,
    authentication: credentials && (await write('authentication', `${credentials.username}:${credentials.password}\n`)),
    certificate: tls && (await write('certificate.pem', tls.cert)),
    key: tls && (await write('key.pem', tls.key)),
  };
  if (reader === 'process' && isRoot()) await chown(directory, await unprivilegedUid(), 0);
  return files;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

async function unprivilegedUid(): Promise<number> {
  const accounts = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const uid = new RegExp(`^${UNPRIVILEGED}:[^:]*:(\\d+):`, 'm').exec(accounts)?.[1];
  return uid === undefined ? USUAL_UID_OF_NOBODY : Number(uid);
}
