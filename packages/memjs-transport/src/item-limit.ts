import { itemBoundsIn, overBounds, type ItemBounds, type SessClientError } from '@sess/client';
import { Utils } from 'memjs';
import { Opcode, Status } from './operation.ts';
import type { ReplyHeader } from './reply-stream.ts';

const HEADER_BYTES = 24;
/** Flags and exptime of a store. */
const EXTRAS_BYTES = 8;
/** memcached has some seventy settings, each of some thirty bytes; what is more or longer is not kept. */
const MOST_SETTINGS = 1_000;
const LONGEST_SETTING_BYTES = 512;

/**
 * How large a value the node takes, by the settings that it was asked for with the greeting. A value that it refuses
 * for its size deletes what was there, so it must not be sent.
 */
export class ItemLimit {
  readonly #settings = new Map<string, string>();
  /** `undefined`: the node does not tell. */
  #bounds: ItemBounds | undefined;

  /** The question. A reply comes for each setting, and a further one without a name. */
  question(opaque: number): Buffer {
    return Utils.makeRequestBuffer(Opcode.stat, 'settings', '', '', opaque);
  }

  /** Takes one reply to the question. Nodes that don't know it answer with an error, which tells nothing. */
  take(message: Buffer, { status, keyLength, extrasLength }: ReplyHeader): void {
    if (status !== Status.ok || message.length > LONGEST_SETTING_BYTES || this.#settings.size >= MOST_SETTINGS) return;
    const key = HEADER_BYTES + extrasLength;
    const value = key + keyLength;
    this.#settings.set(message.toString('latin1', key, value), message.toString('latin1', value));
  }

  /** No more replies will come. */
  close(): void {
    this.#bounds = itemBoundsIn(this.#settings);
    this.#settings.clear();
  }

  /** Why a request must not be sent: the node is known to refuse its value. */
  refusal(node: string, opcode: number, frame: Buffer): SessClientError | undefined {
    if (this.#bounds === undefined || (opcode !== Opcode.set && opcode !== Opcode.add)) return undefined;
    const keyBytes = frame.readUInt16BE(2);
    const bytes = frame.length - HEADER_BYTES - EXTRAS_BYTES - keyBytes;
    return overBounds(node, this.#bounds, { keyBytes, bytes, flags: frame.readUInt32BE(HEADER_BYTES) });
  }
}
