/** A stream for output, such as `process.stdout`. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Width in characters; of terminals only. */
  readonly columns?: number | undefined;
  hasColors?(): boolean;
}

/** The streams and signals of a command. */
export interface CommandStreams {
  /** Data, and nothing else. */
  readonly stdout: TextStream;
  /** Progress, notes and errors. */
  readonly stderr: TextStream;
  /** Reads all of standard input, for secrets that must not be on the command line. */
  readonly readInput: () => Promise<string>;
  /** Listens to typed keys, if there is a terminal; the returned function ends that. */
  readonly onKey?: ((listener: (key: string) => void) => () => void) | undefined;
  /** The program's version, for `--version`. */
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
}
