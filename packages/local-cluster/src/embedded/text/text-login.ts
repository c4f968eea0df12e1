import type { Credentials } from '../../options.ts';
import type { ByteQueue } from '../byte-queue.ts';
import { sameSecret } from '../same-secret.ts';
import { parseUint32 } from '../number-syntax.ts';
import type { Protocol, Step } from '../protocol.ts';
import type { Reply } from '../reply.ts';
import { splitWords } from './words.ts';

const LONGEST_LINE = 2_048;
/** User name, space and password; the size of memcached's buffer. */
const LONGEST_SECRET = 16_384;

/**
 * The login of `memcached -Y`: a `set` with any key, flags and exptime, and the value `<user> <password>`. Until then,
 * every other line is refused.
 */
export class TextLogin implements Protocol {
  done = false;
  readonly #credentials: Credentials;
  readonly #tried: (granted: boolean) => void;
  #length: number | undefined;

  /** @param tried - called after every login attempt */
  constructor(credentials: Credentials, tried: (granted: boolean) => void = () => undefined) {
    this.#credentials = credentials;
    this.#tried = tried;
  }

  /** Whether a `set` has begun whose value is not complete. */
  get underWay(): boolean {
    return this.#length !== undefined;
  }

  step(input: ByteQueue, reply: Reply): Step {
    return this.#length === undefined ? this.#takeLine(input, reply) : this.#takeSecret(this.#length, input, reply);
  }

  #takeLine(input: ByteQueue, reply: Reply): Step {
    const line = input.takeLine();
    if (line === undefined) return input.length > LONGEST_LINE ? 'close' : 'wait';
    const words = splitWords(line);
    const length = words[0] === 'set' && words.length >= 5 ? parseUint32(words[4] ?? '') : undefined;
    if (length === undefined) {
      reply.line('CLIENT_ERROR unauthenticated');
      return 'again';
    }
    if (length > LONGEST_SECRET) return 'close';
    this.#length = length;
    return 'again';
  }

  #takeSecret(length: number, input: ByteQueue, reply: Reply): Step {
    const bytes = input.take(length + 2);
    if (bytes === undefined) return 'wait';
    this.#length = undefined;
    if (bytes.toString('latin1', length) !== '\r\n') {
      reply.line('CLIENT_ERROR bad command line termination');
      return 'again';
    }
    const [username, password] = bytes
      .toString('latin1', 0, length)
      .split(' ')
      .filter((word) => word !== '');
    if (username === undefined || password === undefined) {
      reply.line('CLIENT_ERROR bad authentication token format');
      return 'again';
    }
    this.done = sameSecret(username, this.#credentials.username) && sameSecret(password, this.#credentials.password);
    this.#tried(this.done);
    reply.line(this.done ? 'STORED' : 'CLIENT_ERROR authentication failure');
    return 'again';
  }
}
