import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));

const IMPORTS = `
  import { createClient, textTransport } from '@sess/client';
  import { memjsTransport } from '@sess/memjs-transport';
`;

/** The beginning of each program: a client over the given transport. */
const BEGINNING = `
  const transports = {
    meta: () => textTransport({ dialect: 'meta' }),
    classic: () => textTransport({ dialect: 'classic' }),
    memjs: () => memjsTransport(),
  };
  const client = createClient({
    servers: process.env.SERVERS,
    transport: transports[process.env.TRANSPORT](),
    historySecret: 'a secret of at least thirty-two bytes',
    ...JSON.parse(process.env.OPTIONS),
  });
  const work = (ms) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  };
  const outcome = (promise) => promise.then((value) => value ?? 'miss', (error) => error.message);
  const states = () => [...client.topology.states.values()];
  const tell = (message) => process.send(message);
  const told = () => new Promise((resolve) => process.once('message', resolve));
`;

/** Twice the default: a machine busy with other tests must not look like a node that does not answer. */
const TIMEOUT_MS = 1_000;

export const TRANSPORTS = ['meta', 'classic', 'memjs'] as const;

export interface ClientSetup {
  readonly transport: (typeof TRANSPORTS)[number];
  /** The node's host. Default 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
  /** Names of further nodes, each `host:port`. */
  readonly others?: readonly string[];
  /** Code that runs before the program creates its client. */
  readonly before?: string;
  /** The certificate to trust; enables TLS. */
  readonly certificate?: string | undefined;
  readonly options?: object;
}

/** A child process with a client: it can be kept busy or stopped while nodes, network and test run. */
export class ClientProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #messages: unknown[] = [];
  #said = '';

  constructor(
    program: string,
    { transport, host = '127.0.0.1', port, others = [], before = '', certificate, options = {} }: ClientSetup,
  ) {
    const servers = `${certificate === undefined ? 'memcached' : 'memcacheds'}://${[`${host}:${port}`, ...others].join(',')}`;
    const tls = certificate === undefined ? {} : { tls: { ca: certificate } };
    const end = 'await client.close(); process.disconnect();';
    this.child = spawn(
      process.execPath,
      ['--input-type=module', '--eval', `${IMPORTS}\n${before}\n${BEGINNING}\n${program}\n${end}`],
      {
        cwd: HERE,
        env: {
          ...process.env,
          TRANSPORT: transport,
          SERVERS: servers,
          OPTIONS: JSON.stringify({ timeoutMs: TIMEOUT_MS, ...tls, ...options }),
        },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      },
    );
    this.child.stderr?.on('data', (text: Buffer) => (this.#said += text.toString()));
    this.child.on('message', (message) => this.#messages.push(message));
  }

  /** The program's next message. */
  async next(): Promise<unknown> {
    while (this.#messages.length === 0) {
      const waiting = new AbortController();
      const { signal } = waiting;
      const ended = await Promise.race([
        once(this.child, 'message', { signal }).then(() => false),
        once(this.child, 'exit', { signal }).then(() => true),
      ]);
      waiting.abort();
      if (ended && this.#messages.length === 0) throw new Error(`the program ended: ${this.#said}`);
    }
    return this.#messages.shift();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}
