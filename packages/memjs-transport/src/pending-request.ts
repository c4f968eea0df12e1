import type { SessClientError } from '@sess/client';
import { onAbort } from '@sess/working-time';
import { Utils, type Response } from 'memjs';
import type { NodeErrors } from './errors.ts';
import type { Operation } from './operation.ts';

const HEADER_BYTES = 24;
const CAS_OFFSET = 16;

/** A request as a connection sees it. */
export interface WireRequest {
  readonly opaque: number;
  readonly opcode: number;
  readonly frame: Buffer;
  /** The only connection on which it may be sent; `undefined` for any. */
  readonly epoch: number | undefined;
  /** Takes the reply, on time or late. Returns its fault, or `undefined`. */
  answered(reply: Response, epoch: number): string | undefined;
  failed(error: SessClientError): void;
  /** Called if its connection is gone and it was not sent. */
  outdated(): void;
}

export interface PendingRequestOptions {
  readonly signal: AbortSignal | undefined;
  readonly errors: NodeErrors;
  readonly isUnsent: (request: WireRequest) => boolean;
  /** Called once, when the promise settles. */
  readonly onSettled: (request: WireRequest) => void;
}

/** A request, from the call until its promise settles. */
export class PendingRequest<T> implements WireRequest {
  readonly opaque: number;
  readonly frame: Buffer;
  readonly promise: Promise<T>;
  readonly #operation: Operation<T>;
  readonly #options: PendingRequestOptions;
  #resolve!: (answer: T) => void; // Set by the executor of the promise, which runs in the constructor.
  #reject!: (error: SessClientError) => void; // Likewise.
  #settled = false;
  /** Removes the request from the caller's signal. */
  readonly #release: (() => void) | undefined;

  constructor(operation: Operation<T>, opaque: number, options: PendingRequestOptions) {
    this.#operation = operation;
    this.#options = options;
    this.opaque = opaque;
    this.frame = encode(operation, opaque);
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { signal, errors, isUnsent } = options;
    this.#release = signal && onAbort(signal, () => this.failed(errors.aborted(signal.reason, !isUnsent(this))));
  }

  get epoch(): number | undefined {
    return this.#operation.epoch;
  }

  get opcode(): number {
    return this.#operation.opcode;
  }

  answered(reply: Response, epoch: number): string | undefined {
    const reading = this.#operation.read(reply, epoch);
    if ('answer' in reading) {
      if (this.#settle()) this.#resolve(reading.answer);
    } else if ('refused' in reading) {
      this.failed(this.#options.errors.refused(reading.code, reading.refused));
    } else {
      return reading.fault;
    }
    return undefined;
  }

  failed(error: SessClientError): void {
    if (this.#settle()) this.#reject(error);
  }

  outdated(): void {
    const { outdated } = this.#operation;
    if (outdated !== undefined && this.#settle()) this.#resolve(outdated);
  }

  /** `false` if it was settled before. */
  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#release?.();
    this.#options.onSettled(this);
    return true;
  }
}

/** Bytes on the wire, computed before anything is copied. */
export function frameBytes(operation: Operation<unknown>): number {
  return HEADER_BYTES + operation.extras.length + operation.key.length + operation.value.byteLength;
}

/**
 * Copies the value, because the caller may change it after the call. memjs can't encode a CAS number, so this writes it
 * into the frame.
 */
export function encode({ opcode, key, extras, value, cas }: Operation<unknown>, opaque: number): Buffer {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const frame = Utils.makeRequestBuffer(opcode, key, extras, bytes, opaque);
  if (cas !== 0n) frame.writeBigUInt64BE(cas, CAS_OFFSET);
  return frame;
}
