import { styleText } from 'node:util';

import type { CommandStreams, TextStream } from '../streams.ts';

type Style = Parameters<typeof styleText>[0];

/** Of what is no terminal. */
const USUAL_WIDTH = 100;

/** What a command says: data on standard output, in one of two forms, and everything else on standard error. */
export class Output {
  readonly #streams: CommandStreams;
  readonly isJson: boolean;

  constructor(streams: CommandStreams, isJson: boolean) {
    this.#streams = streams;
    this.isJson = isJson;
  }

  /** The answer: `value` as JSON where that was asked for, otherwise the text. */
  data(value: unknown, text: () => string): void {
    this.#streams.stdout.write(`${this.isJson ? JSON.stringify(value) : text()}\n`);
  }

  /** As it is, for a screen that is drawn anew. */
  raw(text: string): void {
    this.#streams.stdout.write(text);
  }

  note(text: string): void {
    this.#streams.stderr.write(`${text}\n`);
  }

  /** What went wrong, in the form that was asked for. */
  error(code: string, message: string): void {
    const { stderr } = this.#streams;
    if (this.isJson) stderr.write(`${JSON.stringify({ error: { code, message } })}\n`);
    else stderr.write(`${paintOn(stderr, 'red', 'error:')} ${message}\n`);
  }

  paint(style: Style, text: string): string {
    return paintOn(this.#streams.stdout, style, text);
  }

  /** Room on a line, in characters. */
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

/** `hasColors` knows of NO_COLOR. */
function paintOn(stream: TextStream, style: Style, text: string): string {
  return stream.isTTY === true && stream.hasColors?.() === true
    ? styleText(style, text, { validateStream: false })
    : text;
}
