import type { ByteQueue } from './byte-queue.ts';
import type { Reply } from './reply.ts';

/**
 * One side of a conversation: takes what it can from the input, at most one command at a time, and writes its answer.
 *
 * - `again`: something was taken, there may be more
 * - `wait`: more bytes have to come before anything can be taken
 * - `hold`: the same in the middle of a value; like memcached, the server then keeps back even the answers that are
 *   ready
 * - `close`: the conversation ends, once the answers are sent
 */
export type Step = 'again' | 'wait' | 'hold' | 'close';

export interface Protocol {
  step(input: ByteQueue, reply: Reply): Step;
}
