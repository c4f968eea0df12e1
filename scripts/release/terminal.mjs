import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

const DEADLINE_MS = 300_000;

/** A shell that runs a few lines, with their output as a user sees it. */
export class Terminal {
  said = '';
  #child;
  #ended = false;

  /** @param {string} lines @param {{ cwd: string, env: Record<string, string> }} options */
  constructor(lines, options) {
    // A separate process group, so that everything in it can be ended.
    this.#child = spawn('bash', ['-ec', lines], { ...options, detached: true });
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream.on('data', (text) => (this.said += text));
    this.#child.once('exit', (code) => {
      this.#ended = true;
      this.said += `(ended with ${code})\n`;
    });
  }

  /** @param {string} line */
  type(line) {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Resolves when the output contains `text`. @param {string} text */
  async shows(text) {
    await this.#until(`"${text}"`, () => this.said.includes(text));
  }

  /** Resolves when the program answers at `url`. @param {string} url */
  async answers(url) {
    await this.#until(`an answer at ${url}`, () =>
      fetch(url).then(
        (response) => response.ok,
        () => false,
      ),
    );
  }

  /** @param {string} what @param {() => boolean | Promise<boolean>} isThere */
  async #until(what, isThere) {
    const deadline = performance.now() + DEADLINE_MS;
    while (!(await isThere())) {
      if (this.#ended) throw new Error(`it ended without ${what}`);
      if (performance.now() > deadline) throw new Error(`no ${what} in ${DEADLINE_MS} ms`);
      await pause(50);
    }
  }

  async end() {
    if (this.#ended) return;
    const exit = once(this.#child, 'exit');
    process.kill(-(this.#child.pid ?? 0), 'SIGTERM');
    await exit;
  }
}
