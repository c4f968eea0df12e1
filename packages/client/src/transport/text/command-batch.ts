/** A batch of this size is full: further commands wait for the next write. */
const FULL_BYTES: number = 256 * 1024;
/**
 * Values up to this size are copied into the batch; longer ones become buffers of their own in the same write.
 * Measured: copying is cheaper up to about 128 KiB, because a write of several buffers costs more than a copy.
 */
const COPIED_BYTES: number = 64 * 1024;
/** Longest command line, rounded up: a key, five numbers, the words. */
const LINE_BYTES = 1024;

/** The part of a socket that a batch needs. */
export interface BatchTarget {
  cork(): void;
  uncork(): void;
  write(bytes: Uint8Array, written?: (error?: Error | null) => void): boolean;
}

/**
 * The commands of one write. Their text is one string until it is encoded, which costs less than writing each command
 * into a buffer. The next batch reuses the buffer, so it must wait until the write is done.
 */
export class CommandBatch {
  readonly #bytes: Buffer = Buffer.allocUnsafeSlow(FULL_BYTES + COPIED_BYTES + LINE_BYTES);
  /** Commands that are not in `#bytes` yet. */
  #text = '';
  /** Range of `#bytes` that is not in `#pieces` yet. */
  #from = 0;
  #to = 0;
  readonly #pieces: Uint8Array[] = [];
  #piecesBytes = 0;

  get bytes(): number {
    return this.#piecesBytes + (this.#to - this.#from) + this.#text.length;
  }

  get full(): boolean {
    return this.bytes >= FULL_BYTES;
  }

  /** Appends a command; it must be ASCII. */
  text(command: string): void {
    this.#text += command;
  }

  /** Appends a value, which must not change before the write is done. */
  value(value: Uint8Array): void {
    this.#gather();
    if (value.length <= COPIED_BYTES) {
      this.#bytes.set(value, this.#to);
      this.#to += value.length;
    } else {
      this.#cut();
      this.#piece(value);
    }
  }

  /** Writes everything to `target` in one write and empties the batch. */
  send(target: BatchTarget, written: (error?: Error | null) => void): void {
    this.#gather();
    this.#cut();
    const pieces = this.#pieces;
    const last = pieces.length - 1;
    if (last > 0) target.cork();
    for (let index = 0; index < last; index += 1) target.write(pieces[index] as Uint8Array);
    target.write(pieces[last] as Uint8Array, written);
    if (last > 0) target.uncork();
    pieces.length = 0;
    this.#piecesBytes = 0;
    this.#from = 0;
    this.#to = 0;
  }

  #gather(): void {
    this.#to += this.#bytes.write(this.#text, this.#to, 'latin1');
    this.#text = '';
  }

  #cut(): void {
    if (this.#to > this.#from) this.#piece(this.#bytes.subarray(this.#from, this.#to));
    this.#from = this.#to;
  }

  #piece(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#piecesBytes += bytes.length;
  }
}
