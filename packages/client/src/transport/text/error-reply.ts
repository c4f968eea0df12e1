import { SessClientError } from '../../errors.ts';
import { ANSWERED, type Progress } from './dialect.ts';
import { ReplyFault } from './reply-fault.ts';
import type { ReplyLine } from './reply-line.ts';
import type { Request } from './request.ts';

const LONGEST_QUOTE = 200;
/**
 * memcached deletes the old item if it refuses a new one (`process_update_command`: for `set`; `process_mset_command`:
 * always).
 */
const OLD_VALUE = 'What was stored under the key may be gone.';

/** The last alternatives in both dialects: `VERSION` for a probe, an error for any request. */
export function answerVersionOrRefuse(request: Request, line: ReplyLine, node: string): Progress {
  if (request.kind === 'probe' && line.startsWith('VERSION ')) {
    request.answer(line.skip('VERSION '.length).text());
    return ANSWERED;
  }
  if (!isErrorReply(line))
    throw new ReplyFault(`a reply begins with ${beginning(line)}, which is no answer to ${request.kind}`);
  refuse(request, line, node);
  return ANSWERED;
}

function isErrorReply(line: ReplyLine): boolean {
  return line.is('ERROR') || line.startsWith('SERVER_ERROR ') || line.startsWith('CLIENT_ERROR ');
}

/**
 * Fails `request` with the node's error. Throws if it is unknown what the node reads next.
 *
 * A command without a value is one line: refused or not, the next reply belongs to the next request. After a refused
 * store, the server may read the value as commands. Only two refusals are known to skip the value (memcached:
 * `process_update_command`, `process_mset_command`); any other ends the connection.
 */
function refuse(request: Request, line: ReplyLine, node: string): void {
  const text = line.text();
  const quote = quoted(text, request.key);
  if (text.startsWith('CLIENT_ERROR unauthenticated')) {
    throw new ReplyFault('the node asks for credentials; give `credentials`', 'SESS_AUTH');
  }
  const store = request.kind === 'set' || request.kind === 'add' || request.kind === 'cas';
  const swallowed = text.startsWith('SERVER_ERROR out of memory') || text === 'SERVER_ERROR object too large for cache';
  request.fail((store ? storeRefused(node, text, quote) : undefined) ?? answeredWith(node, text, quote));
  if (store && !swallowed)
    throw new ReplyFault(
      `a store was refused (${quote}), which leaves open what the node reads next`,
      'SESS_CONNECTION',
    );
}

/** A value too large for the node, or a node out of memory, is not a failure of the node. */
function storeRefused(node: string, text: string, quote: string): SessClientError | undefined {
  if (/^SERVER_ERROR .*too large/i.test(text)) {
    const advice = 'Store less, raise memcached -I on every node, or set `maxValueBytes` below it.';
    return new SessClientError(
      'SESS_TOO_LARGE',
      `The value is too large for the node ${node} (${quote}). ${OLD_VALUE} ${advice}`,
      {
        node,
      },
    );
  }
  if (/^SERVER_ERROR out of memory/i.test(text)) {
    const advice = 'Give it more memory (-m), or let it evict (start it without -M).';
    return new SessClientError(
      'SESS_OUT_OF_MEMORY',
      `The node ${node} has no memory left for the value (${quote}). ${OLD_VALUE} ${advice}`,
      {
        node,
      },
    );
  }
  return undefined;
}

function answeredWith(node: string, text: string, quote: string): SessClientError {
  const end = text === 'ERROR' ? ': it does not know the command; is it a proxy?' : '.';
  return new SessClientError('SESS_SERVER', `The node ${node} answered: ${quote}${end}`, { node });
}

/** Quotes a node's text for an error: short, printable, without the key. */
export function quoted(text: string, key: string): string {
  const safe = (key === '' ? text : text.replaceAll(key, '(key)')).replaceAll(/[^\x20-\x7e]/g, '?');
  return `"${safe.length > LONGEST_QUOTE ? `${safe.slice(0, LONGEST_QUOTE)}...` : safe}"`;
}

/** Quotes the first word of a reply if it looks like a status: anything else may be a user's data. */
function beginning(line: ReplyLine): string {
  const word = /^[A-Z_]{1,16}(?= |$)/.exec(line.text())?.[0];
  return word === undefined ? 'something else than a status' : `"${word}"`;
}
