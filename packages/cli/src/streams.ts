/** Where a command's words go. `process.stdout` is one. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Width in characters; of terminals only. */
  readonly columns?: number | undefined;
  hasColors?(): boolean;
}

/** What a command works with. */
export interface CommandStreams {
  /** Data, and nothing else. */
  readonly stdout: TextStream;
  /** Progress, notes and errors. */
  readonly stderr: TextStream;
  /** Reads all of standard input, for what must not stand on the command line. */
  readonly readInput: () => Promise<string>;
  /** Keys that are typed, where there is a terminal; what it returns ends it. */
  readonly onKey?: ((listener: (key: string) => void) => () => void) | undefined;
  /** Of the program, for `--version`. */
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
}
