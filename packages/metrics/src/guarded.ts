/** What listens must never fail what it listens to: Node.js ends a process for a subscriber that throws. */

/** `listener`, with what it throws told once as a warning (`SESS_OBSERVER_FAILED`) instead of thrown. */
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
      'Look at the exporters, span processors and views that your telemetry is made of. This is told once.',
    { type: 'SessWarning', code: 'SESS_OBSERVER_FAILED' },
  );
}
