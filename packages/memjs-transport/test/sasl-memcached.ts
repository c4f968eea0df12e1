import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export interface SaslCredentials {
  readonly username: string;
  readonly password: string;
}

const PROGRAM = 'memcached';
/** How often a file that memcached writes when it is ready is looked for, and how long. */
const LOOK_EVERY_MS = 10;
const START_TIMEOUT_MS = 10_000;

/** This memcached can't do SASL. */
export class SaslUnavailable extends Error {}

/**
 * A memcached that asks for SASL (`-S`), on 127.0.0.1.
 *
 * Cyrus SASL checks the password with `saslauthd`, whose side of the conversation is held here: so no password file is
 * needed.
 */
export class SaslMemcached implements AsyncDisposable {
  #port = 0;
  #directory: string | undefined;
  #memcached: ChildProcess | undefined;
  readonly #passwordServer: Server;
  readonly #killAtExit = (): void => void this.#memcached?.kill('SIGKILL');

  private constructor(credentials: SaslCredentials) {
    this.#passwordServer = createServer((socket) => answerPasswords(socket, credentials));
    process.once('exit', this.#killAtExit);
  }

  static async start(credentials: SaslCredentials): Promise<SaslMemcached> {
    const started = new SaslMemcached(credentials);
    try {
      await started.#start();
      return started;
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
  }

  get port(): number {
    return this.#port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#killAtExit);
    const memcached = this.#memcached;
    if (memcached?.pid !== undefined && memcached.exitCode === null) {
      const gone = once(memcached, 'exit');
      memcached.kill('SIGKILL');
      await gone;
    }
    this.#passwordServer.close();
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'sess-sasl-'));
    this.#directory = directory;
    // memcached reads and writes here after it has given up root.
    await chmod(directory, 0o777);
    const passwordSocket = join(directory, 'mux');
    const configuration = ['mech_list: plain', 'pwcheck_method: saslauthd', `saslauthd_path: ${passwordSocket}`, ''];
    await writeFile(join(directory, 'memcached.conf'), configuration.join('\n'));
    this.#passwordServer.listen(passwordSocket);
    await once(this.#passwordServer, 'listening');
    await chmod(passwordSocket, 0o777);
    const portFile = join(directory, 'port');
    const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    const memcached = spawn(
      PROGRAM,
      ['-S', '-B', 'binary', '-l', '127.0.0.1', '-p', '-1', '-U', '0', '-t', '1', ...user],
      {
        env: { ...process.env, SASL_CONF_PATH: directory, MEMCACHED_PORT_FILENAME: portFile },
        stdio: 'ignore',
      },
    );
    this.#memcached = memcached;
    await once(memcached, 'spawn');
    this.#port = await portIn(portFile, memcached);
  }
}

/** memcached writes `TCP INET: <port>` when it listens. */
async function portIn(file: string, memcached: ChildProcess): Promise<number> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (memcached.exitCode === null && performance.now() < deadline) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const port = /TCP INET: (\d+)/.exec(text)?.[1];
    if (port !== undefined) return Number(port);
    await pause(LOOK_EVERY_MS);
  }
  throw new SaslUnavailable(`memcached -S did not start (exit code ${memcached.exitCode}); is it built with SASL?`);
}

/**
 * saslauthd's protocol: four strings (user, password, service, realm), each after its length in 16 bits; the answer is
 * such a string.
 */
function answerPasswords(socket: Socket, credentials: SaslCredentials): void {
  let received = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    const strings = countedStrings(received);
    if (strings.length < 4) return;
    const known = strings[0] === credentials.username && strings[1] === credentials.password;
    socket.end(Buffer.concat([Buffer.from([0, 2]), Buffer.from(known ? 'OK' : 'NO')]));
  });
}

function countedStrings(bytes: Buffer): string[] {
  const strings: string[] = [];
  let start = 0;
  while (bytes.length >= start + 2) {
    const end = start + 2 + bytes.readUInt16BE(start);
    if (bytes.length < end) break;
    strings.push(bytes.toString('utf8', start + 2, end));
    start = end;
  }
  return strings;
}
