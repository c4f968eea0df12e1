/** Longest message of one error in the chain, in characters, if it is not one of our own. */
const MAX_MESSAGE = 300;
/** Our own messages say what to do at their end. The longest name five nodes. */
const MAX_OWN_MESSAGE = 3_000;
/** What OpenSSL says: thread, code, library, function, reason, file, line. */
const OF_OPENSSL = /^[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):.*$/s;
const MAX_DEPTH = 16;
/** Most addresses of a name whose errors are told, as in the errors of `@sess/client`. */
const MAX_NAMED = 5;

/**
 * Shortens a chain of causes to one error without a stack: an outage fails thousands of requests, and frameworks log
 * each with its whole chain. The messages say what happened; the stack in a socket's `onclose` helps nobody.
 *
 * The result inherits from the innermost error with a `SESS_*` code, or else from the outermost one, and joins the
 * messages of the whole chain. The errors themselves are unchanged. Returns anything that is not an `Error` unchanged.
 */
export function briefCause(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const chain = chainOf(error);
  const fault = chain.findLast(isOwn) ?? error;
  return Object.create(fault, {
    message: { value: joined(chain), configurable: true, writable: true },
    cause: { value: undefined, configurable: true, writable: true },
    // An empty stack prints as name and message.
    stack: { value: '', configurable: true, writable: true },
  });
}

type Coded = Error & { readonly code?: unknown };

function isOwn({ code }: Coded): boolean {
  return typeof code === 'string' && code.startsWith('SESS_');
}

function chainOf(error: Error): readonly Coded[] {
  const chain: Coded[] = [];
  for (let at: unknown = error; at instanceof Error && chain.length < MAX_DEPTH; at = at.cause) chain.push(at);
  return chain;
}

/** The messages of the chain, without those that an earlier one contains. */
function joined(chain: readonly Coded[]): string {
  const whole: string[] = [];
  const told: string[] = [];
  for (const error of chain) {
    const text = textOf(error).replace(/[\s.]+$/, '');
    if (text === '' || whole.some((earlier) => earlier.includes(text))) continue;
    const most = isOwn(error) ? MAX_OWN_MESSAGE : MAX_MESSAGE;
    whole.push(text);
    told.push(text.length > most ? `${text.slice(0, most)}…` : text);
  }
  return told.join(': ');
}

/** If a name has several addresses and all refuse, Node.js leaves the message empty. */
function textOf(error: Coded): string {
  if (error.message !== '') return error.message.replace(OF_OPENSSL, '$1');
  if (error instanceof AggregateError) {
    const texts = error.errors.map((each: unknown) => (each instanceof Error ? each.message : ''));
    const named = texts.slice(0, MAX_NAMED).join(', ');
    return texts.length > MAX_NAMED ? `${named}, and ${texts.length - MAX_NAMED} more` : named;
  }
  return typeof error.code === 'string' ? error.code : '';
}
