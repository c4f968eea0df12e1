import type { ByteQueue } from '../byte-queue.ts';
import { MAX_KEY_BYTES } from '../item.ts';
import type { Protocol, Step } from '../protocol.ts';
import type { Reply } from '../reply.ts';
import type { CommandContext } from '../text/command.ts';
import { isQuiet, isWellFormed, loudOpcode } from './command-shapes.ts';
import { runCommand, valueRefusal } from './commands.ts';
import {
  decodeHeader,
  encodeResponse,
  HEADER_BYTES,
  OPCODE,
  REQUEST_MAGIC,
  STATUS,
  STATUS_TEXT,
  type RequestHeader,
  type Response,
  type Status,
} from './frame.ts';
import type { SaslLogin } from './sasl-login.ts';

interface Refusal {
  readonly status: Status;
  /** Bytes of the body to discard. */
  readonly swallow: number;
  readonly close: boolean;
}

/** The binary protocol. */
export class BinaryProtocol implements Protocol {
  readonly #context: CommandContext;
  readonly #login: SaslLogin | undefined;
  #header: RequestHeader | undefined;
  /** The header was accepted; its value may come. */
  #admitted = false;
  #swallow = 0;

  constructor(context: CommandContext, login: SaslLogin | undefined) {
    this.#context = context;
    this.#login = login;
  }

  step(input: ByteQueue, reply: Reply): Step {
    if (this.#swallow > 0) {
      this.#swallow -= input.skip(this.#swallow);
      return this.#swallow > 0 ? 'hold' : 'again';
    }
    this.#header ??= takeHeader(input);
    const header = this.#header;
    if (!header) return 'wait';
    if (header.magic !== REQUEST_MAGIC) return 'close';
    const refusal = this.#admitted ? undefined : this.#refuse(header, input);
    if (refusal === 'wait') return 'wait';
    if (refusal) {
      reply.add(...encodeResponse(header, failure(refusal.status)));
      this.#header = undefined;
      this.#swallow = refusal.swallow;
      return refusal.close ? 'close' : 'again';
    }
    this.#admitted = input.length < header.bodyBytes;
    if (this.#admitted) return 'hold';
    this.#header = undefined;
    return this.#run(header, input.take(header.bodyBytes) ?? Buffer.alloc(0), reply);
  }

  /** Refuses invalid requests before their value has come, if possible. */
  #refuse(header: RequestHeader, input: ByteQueue): 'wait' | Refusal | undefined {
    const { keyBytes, extrasBytes, bodyBytes, opcode } = header;
    if (keyBytes + extrasBytes > bodyBytes) return closing(STATUS.unknownCommand);
    if (this.#login && !this.#login.admits(opcode)) return closing(STATUS.authError);
    if (keyBytes > MAX_KEY_BYTES) return closing(STATUS.invalidArguments);
    const shape = isWellFormed(header);
    if (shape === false) return closing(STATUS.invalidArguments);
    if (shape === undefined || (isSasl(opcode) && !this.#login))
      return { status: STATUS.unknownCommand, swallow: bodyBytes, close: false };
    // The item's size depends on the flags in the extras.
    if (input.length < extrasBytes + keyBytes) return 'wait';
    const body = input.view();
    const status = valueRefusal(
      header,
      body.subarray(0, extrasBytes),
      body.toString('latin1', extrasBytes, extrasBytes + keyBytes),
      this.#context,
    );
    return status === undefined ? undefined : { status, swallow: bodyBytes, close: false };
  }

  #run(header: RequestHeader, body: Buffer, reply: Reply): 'again' | 'close' {
    const { opcode, opaque, cas, extrasBytes, keyBytes } = header;
    const request = {
      opcode: loudOpcode(opcode),
      opaque,
      cas,
      extras: body.subarray(0, extrasBytes),
      key: body.toString('latin1', extrasBytes, extrasBytes + keyBytes),
      value: body.subarray(extrasBytes + keyBytes),
    };
    const responses =
      isSasl(opcode) && this.#login ? [this.#login.answer(request)] : runCommand(request, this.#context);
    for (const response of responses) {
      if (isQuiet(opcode) && isExpected(request.opcode, response)) continue;
      reply.add(...encodeResponse(header, explained(response)));
    }
    return request.opcode === OPCODE.quit ? 'close' : 'again';
  }
}

function closing(status: Status): Refusal {
  return { status, swallow: 0, close: true };
}

function takeHeader(input: ByteQueue): RequestHeader | undefined {
  const bytes = input.take(HEADER_BYTES);
  return bytes && decodeHeader(bytes);
}

/** The response that a quiet command omits: a miss for reads, otherwise success. */
function isExpected(opcode: number, response: Response): boolean {
  const status = response.status ?? STATUS.success;
  const reads = opcode === OPCODE.get || opcode === OPCODE.getk || opcode === OPCODE.gat || opcode === OPCODE.gatk;
  return reads ? status === STATUS.keyNotFound : status === STATUS.success;
}

function isSasl(opcode: number): boolean {
  return opcode === OPCODE.saslList || opcode === OPCODE.saslAuth || opcode === OPCODE.saslStep;
}

function failure(status: Status): Response {
  return { status, value: Buffer.from(STATUS_TEXT[status], 'latin1') };
}

/** Adds the text to an error without a body. A miss that repeats its key has no text. */
function explained(response: Response): Response {
  const { status = STATUS.success, key, value } = response;
  return status === STATUS.success || key !== undefined || value !== undefined
    ? response
    : { ...response, ...failure(status) };
}
