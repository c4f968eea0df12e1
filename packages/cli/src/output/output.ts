import { styleText } from 'node:util';

import type { CommandStreams, TextStream } from '../streams.ts';

type Style = Parameters<typeof styleText>[0];

/** The width if the output is not a terminal. */
const USUAL_WIDTH = 100;

/** A command's output: data on standard output, as text or JSON, and everything else on standard error. */
export class Output {
  readonly #streams: CommandStreams;
  readonly isJson: boolean;

  constructor(streams: CommandStreams, isJson: boolean) {
    this.#streams = streams;
    this.isJson = isJson;
  }

  /** Prints the result: `value` as JSON with `--json`, otherwise the text. */
  data(value: unknown, text: () => string): void {
    this.#streams.stdout.write(`${this.isJson ? JSON.stringify(value) : text()}\n`);
  }

  /** Writes the text unchanged, for a screen that is redrawn. */
  raw(text: string): void {
    this.#streams.stdout.write(text);
  }

  note(text: string): void {
    this.#streams.stderr.write(`${text}\n`);
  }

  /** Prints an error, as text or JSON. */
  error(code: string, message: string): void {
    const { stderr } = this.#streams;
    if (this.isJson) stderr.write(`${JSON.stringify({ error: { code, message } })}\n`);
    else stderr.write(`${paintOn(stderr, 'red', 'error:')} ${message}\n`);
  }

  paint(style: Style, text: string): string {
    return paintOn(this.#streams.stdout, style, text);
  }

  /** Width of a line, in characters. */
  get width(): number {
    const { stdout, env } = this.#streams;
    const given = Number(env['COLUMNS']);
    return stdout.columns ?? (Number.isInteger(given) && given > 0 ? given : USUAL_WIDTH);
  }

  get isTerminal(): boolean {
    return this.#streams.stdout.isTTY === true;
  }

  get progressStream(): TextStream {
    return this.#streams.stderr;
  }
}

/** `hasColors` respects NO_COLOR. */
function paintOn(stream: TextStream, style: Style, text: string): string {
  return stream.isTTY === true && stream.hasColors?.() === true
    ? styleText(style, text, { validateStream: false })
    : text;
}
