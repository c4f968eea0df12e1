import type { ByteQueue } from './byte-queue.ts';
import type { Reply } from './reply.ts';

/**
 * The result of a step, which parses at most one command from the input and adds its reply.
 *
 * - `again`: input was used; there may be more
 * - `wait`: more bytes are needed
 * - `hold`: more bytes of a value are needed; like memcached, the server then holds back even finished replies
 * - `close`: the connection ends after the replies are sent
 */
export type Step = 'again' | 'wait' | 'hold' | 'close';

export interface Protocol {
  step(input: ByteQueue, reply: Reply): Step;
}
