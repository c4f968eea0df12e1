import { execFile } from 'node:child_process';

/** The outcome of a short-lived program. */
export interface ProgramOutcome {
  /** Exit code 0. */
  readonly ok: boolean;
  /** The program does not exist or may not be executed. */
  readonly missing: boolean;
  readonly timedOut: boolean;
  readonly stdout: string;
  /** One line for an error text: the program's own message, or how it ended. */
  readonly summary: string;
}

/** Runs a program with empty input; kills it after `timeoutMs` or when `signal` fires. Never rejects. */
export function runProgram(
  program: string,
  words: readonly string[],
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<ProgramOutcome> {
  return new Promise((resolve) => {
    const options = {
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: 1_048_576,
      ...(signal && { signal }),
    } as const;
    const child = execFile(program, words, options, (error, stdout, stderr) => {
      const missing = error?.code === 'ENOENT' || error?.code === 'EACCES';
      const timedOut = error?.killed === true;
      resolve({
        ok: error === null,
        missing,
        timedOut,
        stdout,
        summary: summarize(error, stderr, timedOut, timeoutMs),
      });
    });
    child.stdin?.end();
  });
}

function summarize(
  error: (Error & { code?: unknown; signal?: unknown }) | null,
  stderr: string,
  timedOut: boolean,
  timeoutMs: number,
): string {
  if (error === null) return 'exit code 0';
  if (timedOut) return `no end within ${timeoutMs} ms`;
  const said = stderr.trim().split('\n').at(-1)?.trim();
  if (said) return said.slice(0, 300);
  return typeof error.code === 'number' ? `exit code ${error.code}` : error.message;
}
