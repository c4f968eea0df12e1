/** Longest message of one, in characters. */
const MAX_MESSAGE = 300;
const MAX_DEPTH = 16;

/**
 * What an error was caused by, in one error without a stack: an outage fails thousands of requests, and frameworks log
 * each with all that it was caused by. What happened is in the messages, once; that a socket was closed in `onclose` of
 * a socket helps nobody.
 *
 * It is the innermost error with a code of these packages, or else the outermost one, with a message that joins those
 * of the whole chain. The errors themselves stay as they are. What is no error is given back.
 */
export function briefCause(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const chain = chainOf(error);
  const fault = chain.findLast(({ code }) => typeof code === 'string' && code.startsWith('SESS_')) ?? error;
  return Object.create(fault, {
    message: { value: joined(chain), configurable: true, writable: true },
    cause: { value: undefined, configurable: true, writable: true },
    // Printed, it is its name and message.
    stack: { value: '', configurable: true, writable: true },
  });
}

type Coded = Error & { readonly code?: unknown };

function chainOf(error: Error): readonly Coded[] {
  const chain: Coded[] = [];
  for (let at: unknown = error; at instanceof Error && chain.length < MAX_DEPTH; at = at.cause) chain.push(at);
  return chain;
}

/** Each message that the ones before do not tell already. */
function joined(chain: readonly Coded[]): string {
  const texts: string[] = [];
  for (const error of chain) {
    const text = textOf(error).replace(/[\s.]+$/, '');
    if (text !== '' && !texts.some((told) => told.includes(text))) texts.push(text);
  }
  return texts.map((text) => (text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}…` : text)).join(': ');
}

/** Where a name has several addresses, and all refuse, Node.js leaves the message empty. */
function textOf(error: Coded): string {
  if (error.message !== '') return error.message;
  if (error instanceof AggregateError)
    return error.errors.map((each: unknown) => (each instanceof Error ? each.message : '')).join(', ');
  return typeof error.code === 'string' ? error.code : '';
}
