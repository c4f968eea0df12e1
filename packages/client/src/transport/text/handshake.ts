import { SessClientError } from '../../errors.ts';
import type { TransportOptions } from '../transport.ts';
import { quoted } from './error-reply.ts';

export type DialectName = 'meta' | 'classic';

/** More than any greeting: a server that sends more is not memcached. */
const MAX_GREETING_BYTES = 4096;

/** More words may follow. */
const ERROR_REPLY = /^(?:ERROR|CLIENT_ERROR|SERVER_ERROR)(?: |$)/;

type Step = 'authenticate' | 'meta' | 'version';

/**
 * Authenticates and finds out the node's dialect, in one write.
 *
 * - credentials: the first command is a `set` with `user password` as its value, as memcached -Y wants it. The item
 *   expires at once, so that a node without authentication does not keep it.
 * - dialect: a node with meta answers `mn` with `MN`, another with `ERROR`. Meta commands before 1.6.13 had another
 *   form; such a node gets classic.
 * - `version` verifies in both dialects that the node is memcached and answers.
 *
 * A proxy that does not know `mn` may hang up (twemproxy), or answer something else, or answer only `version`.
 * {@link ReconnectingConnection} then tries classic.
 */
export class Handshake {
  readonly #node: string;
  readonly #forced: DialectName | undefined;
  readonly #credentials: TransportOptions['credentials'];
  readonly #steps: Step[] = [];
  #dialect: DialectName;
  #received = '';
  /** What `mn` was answered with, if not with `MN`; only if classic will do. */
  #metaRefusal: string | undefined;
  #hasGetAndTouch = false;
  #isUnanswered = true;

  constructor(node: string, dialect: 'auto' | DialectName, credentials: TransportOptions['credentials']) {
    this.#node = node;
    this.#forced = dialect === 'auto' ? undefined : dialect;
    this.#dialect = this.#forced ?? 'meta';
    this.#credentials = credentials;
    if (credentials !== undefined) this.#steps.push('authenticate');
    if (dialect !== 'classic') this.#steps.push('meta');
    this.#steps.push('version');
  }

  /** Whether the node has not sent a byte. */
  get isUnanswered(): boolean {
    return this.#isUnanswered;
  }

  /** Whether `mn` was sent and not answered, nor what is before it begun, not even in TLS. */
  get awaitsMeta(): boolean {
    return this.#steps.includes('meta') && this.#received === '';
  }

  /** Whether `mn` was answered with something else than `MN`, and classic will do. */
  get refusesMeta(): boolean {
    return this.#metaRefusal !== undefined;
  }

  /** Whether `mn` is in the greeting. */
  get asksMeta(): boolean {
    return this.#forced !== 'classic';
  }

  /**
   * Whether the node knows `gats` (memcached 1.5.3). False with the option `dialect: 'classic'`, and for a proxy: it may
   * hang up on unknown commands, and answers `version` for a node behind it.
   */
  get hasGetAndTouch(): boolean {
    return this.#hasGetAndTouch;
  }

  /** The bytes to write. */
  greeting(): Buffer {
    const parts: string[] = [];
    for (const step of this.#steps) {
      if (step === 'authenticate' && this.#credentials !== undefined) {
        const secret = `${this.#credentials.username} ${this.#credentials.password}`;
        parts.push(`set auth 0 -1 ${Buffer.byteLength(secret)}\r\n${secret}\r\n`);
      } else {
        parts.push(step === 'meta' ? 'mn\r\n' : 'version\r\n');
      }
    }
    return Buffer.from(parts.join(''));
  }

  /**
   * Reads the replies. Returns the dialect when all have come, `undefined` before. Throws a `SessClientError` for a
   * node that this client can't use.
   */
  read(bytes: Uint8Array): DialectName | undefined {
    this.#isUnanswered = false;
    this.#received += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    if (this.#received.length > MAX_GREETING_BYTES) throw this.#unknown('more than a greeting');
    for (;;) {
      const end = this.#received.indexOf('\r\n');
      if (end < 0) return undefined;
      const line = this.#received.slice(0, end);
      this.#received = this.#received.slice(end + 2);
      const step = this.#steps.shift();
      if (step !== undefined) this.#take(step, line);
      if (this.#steps.length > 0) continue;
      if (this.#received !== '') throw this.#unknown('more than was asked for');
      return this.#dialect;
    }
  }

  #take(step: Step, line: string): void {
    if (line.startsWith('ERROR Too many open connections')) {
      throw new SessClientError(
        'SESS_CONNECTION',
        `The node ${this.#node} takes no more connections: it has as many as its limit allows (memcached -c; stats: max_connections). ` +
          'Raise the limit, or connect fewer processes.',
        {
          node: this.#node,
        },
      );
    }
    switch (step) {
      case 'authenticate':
        // A node that knows no users takes it for an item, and may have no memory for it.
        if (line === 'STORED' || line.startsWith('SERVER_ERROR out of memory')) break;
        throw /^(?:CLIENT_)?ERROR(?: |$)/.test(line) ? this.#notLetIn(line) : this.#refused('`set`', line);
      case 'meta':
        if (line === 'MN') break;
        if (this.#forced === undefined && !asksForCredentials(line)) {
          this.#metaRefusal = line;
          this.#dialect = 'classic';
          if (ERROR_REPLY.test(line)) break;
        }
        throw this.#refused('`mn`', line);
      case 'version':
        if (!line.startsWith('VERSION ')) throw this.#refused('`version`', line);
        this.#hasGetAndTouch =
          this.#forced === undefined &&
          !this.#isProxy(line) &&
          /^VERSION (?:1\.5\.(?:[3-9]|\d{2})|1\.(?:[6-9]|\d{2})|[2-9])/.test(line);
        if (this.#forced === undefined && /^VERSION 1\.6\.([0-9]|1[0-2])(?![0-9])/.test(line))
          this.#dialect = 'classic';
        break;
    }
  }

  /** Only a memcached before 1.6 does not know `mn`, and answers `ERROR`. */
  #isProxy(version: string): boolean {
    if (this.#metaRefusal === undefined) return false;
    return this.#metaRefusal !== 'ERROR' || !/^VERSION 1\.[0-5]\./.test(version);
  }

  #refused(command: string, line: string): SessClientError {
    const node = this.#node;
    if (asksForCredentials(line)) {
      return new SessClientError('SESS_AUTH', `The node ${node} asks for credentials; give \`credentials\`.`, { node });
    }
    if (line === 'ERROR' && this.#forced === 'meta') {
      return new SessClientError(
        'SESS_PROTOCOL',
        `The node ${node} does not speak the meta dialect; leave \`dialect\` at 'auto'.`,
        {
          node,
        },
      );
    }
    if (line.startsWith('SERVER_ERROR ')) {
      const text = `The node ${node} answered ${command} with ${quoted(line, '')}, as a proxy does that can't reach the nodes behind it.`;
      return new SessClientError('SESS_SERVER', text, { node });
    }
    return this.#unknown(`${quoted(line, '')} in answer to ${command}`);
  }

  #notLetIn(line: string): SessClientError {
    const node = this.#node;
    // The node takes the text before the first space for the user, and the next word for the password.
    const hasSpace = / /.test(`${this.#credentials?.username}${this.#credentials?.password}`);
    const advice = hasSpace
      ? 'The text protocol can carry neither a user nor a password with a space: choose others'
      : 'Check the user and the password';
    const text = `The node ${node} refused the credentials (${quoted(line, '')}). ${advice}.`;
    return new SessClientError('SESS_AUTH', text, { node });
  }

  #unknown(what: string): SessClientError {
    const { code, node } = { code: 'SESS_PROTOCOL', node: this.#node } as const;
    return new SessClientError(
      code,
      `The node ${node} does not greet like a memcached: it sent ${what}. Is it one, and does it expect TLS?`,
      { node },
    );
  }
}

function asksForCredentials(line: string): boolean {
  return line.startsWith('CLIENT_ERROR unauthenticated');
}
