import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Why a run was interrupted. */
export interface InterruptionCause {
  /** For people. */
  readonly text: string;
  /** 128 + the signal's number, as shells expect; 1 after an error. */
  readonly exitCode: number;
}

/**
 * Turns Ctrl-C, a signal, or an uncaught error into one `AbortSignal`. Only the first one counts.
 */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #source: NodeJS.EventEmitter;
  readonly #listeners: readonly (readonly [event: string, listener: (...args: readonly unknown[]) => void])[];
  #cause: InterruptionCause | undefined;

  /** @param source emits the signals: `process`. */
  constructor(source: NodeJS.EventEmitter, onInterrupt: (cause: InterruptionCause) => void) {
    this.#source = source;
    const interrupt = (cause: InterruptionCause): void => {
      if (this.#cause !== undefined) return;
      this.#cause = cause;
      this.#controller.abort(new Error(cause.text));
      onInterrupt(cause);
    };
    this.#listeners = [
      ...SIGNALS.map(
        (signal) =>
          [
            signal,
            () => interrupt({ text: `stopped by ${signal}`, exitCode: 128 + constants.signals[signal] }),
          ] as const,
      ),
      // Unhandled rejections also arrive here.
      ['uncaughtException', (error) => interrupt({ text: `internal error: ${describe(error)}`, exitCode: 1 })],
    ];
    for (const [event, listener] of this.#listeners) source.on(event, listener);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** `undefined` if nothing has interrupted the run. */
  get cause(): InterruptionCause | undefined {
    return this.#cause;
  }

  /** Restores the default handling of signals and errors. */
  release(): void {
    for (const [event, listener] of this.#listeners) this.#source.off(event, listener);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
