import { itemBoundsIn, overBounds, type ItemBounds, type SessClientError } from '@sess/client';
import { Utils } from 'memjs';
import { Opcode, Status } from './operation.ts';
import type { ReplyHeader } from './reply-stream.ts';

const HEADER_BYTES = 24;
/** Flags and exptime of a store request. */
const EXTRAS_BYTES = 8;
/** memcached has about seventy settings of about thirty bytes each; more or longer ones are dropped. */
const MOST_SETTINGS = 1_000;
const LONGEST_SETTING_BYTES = 512;

/**
 * The node's limit of a value's size, from the settings that the greeting requests. memcached deletes the stored value
 * when it refuses a new one because of its size, so such a value must not be sent.
 */
export class ItemLimit {
  readonly #settings = new Map<string, string>();
  /** `undefined`: unknown. */
  #bounds: ItemBounds | undefined;

  /** The request for the settings. The node sends a reply per setting, and a last one without a name. */
  question(opaque: number): Buffer {
    return Utils.makeRequestBuffer(Opcode.stat, 'settings', '', '', opaque);
  }

  /** Takes one reply to the request. Ignores the error of nodes that don't know it. */
  take(message: Buffer, { status, keyLength, extrasLength }: ReplyHeader): void {
    if (status !== Status.ok || message.length > LONGEST_SETTING_BYTES || this.#settings.size >= MOST_SETTINGS) return;
    const key = HEADER_BYTES + extrasLength;
    const value = key + keyLength;
    this.#settings.set(message.toString('latin1', key, value), message.toString('latin1', value));
  }

  /** Call it when no more replies will come. */
  close(): void {
    this.#bounds = itemBoundsIn(this.#settings);
    this.#settings.clear();
  }

  /** The error for a request whose value the node is known to refuse; `undefined` if it may be sent. */
  refusal(node: string, opcode: number, frame: Buffer): SessClientError | undefined {
    if (this.#bounds === undefined || (opcode !== Opcode.set && opcode !== Opcode.add)) return undefined;
    const keyBytes = frame.readUInt16BE(2);
    const bytes = frame.length - HEADER_BYTES - EXTRAS_BYTES - keyBytes;
    return overBounds(node, this.#bounds, { keyBytes, bytes, flags: frame.readUInt32BE(HEADER_BYTES) });
  }
}
