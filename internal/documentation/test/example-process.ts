import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** Loaded before the example: whatever port it asks for, a free one is taken, and told to the parent. */
const TAKE_A_FREE_PORT = `
  import { Server } from 'node:net';
  const { listen } = Server.prototype;
  Server.prototype.listen = function (asked) {
    const options = typeof asked === 'object' ? { ...asked, port: 0 } : { port: 0 };
    return listen.call(this, options, () => process.send(this.address().port));
  };`;

/** A program of the README that runs as it stands, but for its port. */
export class ExampleProcess implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Resolves when the example takes requests; rejects when it ends before, with what it said. */
  static async start(program: string, env: Readonly<Record<string, string>>): Promise<ExampleProcess> {
    const preload = `data:text/javascript,${encodeURIComponent(TAKE_A_FREE_PORT)}`;
    const child = spawn(process.execPath, ['--import', preload, '--input-type=module', '--eval', program], {
      cwd: HERE,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let said = '';
    child.stderr?.on('data', (text: Buffer) => (said += text.toString()));
    const port = await Promise.race([
      once(child, 'message').then(([told]) => Number(told)),
      once(child, 'exit').then(([code]) =>
        Promise.reject(new Error(`the example ended with ${String(code)}: ${said}`)),
      ),
    ]);
    return new ExampleProcess(child, port);
  }

  /** Asks it to stop, as a platform does. Its exit code when it ended by itself, `null` when the signal ended it. */
  async terminate(): Promise<number | null> {
    const ended = once(this.#child, 'exit');
    // The channel to its parent would keep it running.
    this.#child.disconnect();
    this.#child.kill('SIGTERM');
    const [code] = (await ended) as [number | null];
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
  }
}
