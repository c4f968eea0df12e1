/** A subscriber must never throw: Node.js would end the process. */

/** Wraps `listener`: its first error becomes a warning (`SESS_OBSERVER_FAILED`), the others are dropped. */
export function guarded<Values extends readonly unknown[], Result>(
  listener: (...values: Values) => Result,
): (...values: Values) => Result | undefined {
  return (...values) => {
    try {
      return listener(...values);
    } catch (error) {
      warnOnce(error);
      return undefined;
    }
  };
}

let warned = false;
function warnOnce(error: unknown): void {
  if (warned) return;
  warned = true;
  const reason = error instanceof Error ? error.message : String(error);
  process.emitWarning(
    `A metric or a span of sessions could not be recorded: ${reason}. Requests are not affected; metrics and spans are missing. ` +
      'Look at the exporters, span processors and views that your telemetry is made of. This warning appears only once.',
    { type: 'SessWarning', code: 'SESS_OBSERVER_FAILED' },
  );
}
