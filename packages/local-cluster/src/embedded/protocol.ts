import type { ByteQueue } from './byte-queue.ts';
import type { Reply } from './reply.ts';

/**
 * One side of a conversation: takes what it can from the input, at most one command at a time, and writes its answer.
 *
 * - `again`: something was taken, there may be more
 * - `wait`: more bytes have to come
 * - `close`: the conversation ends, once the answers are sent
 */
export interface Protocol {
  step(input: ByteQueue, reply: Reply): 'again' | 'wait' | 'close';
}
