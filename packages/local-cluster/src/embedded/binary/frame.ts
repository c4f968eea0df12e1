/** A frame of the binary protocol: 24 bytes of header, then extras, key and value. */
export interface Request {
  readonly opcode: number;
  readonly extras: Buffer;
  /** The key's bytes, one character each (latin1). */
  readonly key: string;
  readonly value: Buffer;
  /** Repeated in the response. */
  readonly opaque: number;
  readonly cas: bigint;
}

/** The header of a request, before its body has come. */
export interface RequestHeader {
  readonly magic: number;
  readonly opcode: number;
  readonly keyBytes: number;
  readonly extrasBytes: number;
  /** Extras, key and value together. */
  readonly bodyBytes: number;
  readonly opaque: number;
  readonly cas: bigint;
}

export const HEADER_BYTES = 24;
export const REQUEST_MAGIC = 0x80;
const RESPONSE_MAGIC = 0x81;

export const OPCODE = {
  get: 0x00,
  set: 0x01,
  add: 0x02,
  replace: 0x03,
  delete: 0x04,
  increment: 0x05,
  decrement: 0x06,
  quit: 0x07,
  flush: 0x08,
  getq: 0x09,
  noop: 0x0a,
  version: 0x0b,
  getk: 0x0c,
  getkq: 0x0d,
  append: 0x0e,
  prepend: 0x0f,
  stat: 0x10,
  setq: 0x11,
  addq: 0x12,
  replaceq: 0x13,
  deleteq: 0x14,
  incrementq: 0x15,
  decrementq: 0x16,
  quitq: 0x17,
  flushq: 0x18,
  appendq: 0x19,
  prependq: 0x1a,
  touch: 0x1c,
  gat: 0x1d,
  gatq: 0x1e,
  saslList: 0x20,
  saslAuth: 0x21,
  saslStep: 0x22,
  gatk: 0x23,
  gatkq: 0x24,
} as const;

export const STATUS = {
  success: 0x00,
  keyNotFound: 0x01,
  keyExists: 0x02,
  tooLarge: 0x03,
  invalidArguments: 0x04,
  notStored: 0x05,
  notANumber: 0x06,
  authError: 0x20,
  unknownCommand: 0x81,
  outOfMemory: 0x82,
} as const;

export type Status = (typeof STATUS)[keyof typeof STATUS];

/** memcached's texts in the body of an error. */
export const STATUS_TEXT: Readonly<Record<Status, string>> = {
  [STATUS.success]: '',
  [STATUS.keyNotFound]: 'Not found',
  [STATUS.keyExists]: 'Data exists for key.',
  [STATUS.tooLarge]: 'Too large.',
  [STATUS.invalidArguments]: 'Invalid arguments',
  [STATUS.notStored]: 'Not stored.',
  [STATUS.notANumber]: 'Non-numeric server-side value for incr or decr',
  [STATUS.authError]: 'Auth failure.',
  [STATUS.unknownCommand]: 'Unknown command',
  [STATUS.outOfMemory]: 'Out of memory allocating item',
};

export function decodeHeader(bytes: Buffer): RequestHeader {
  return {
    magic: bytes.readUInt8(0),
    opcode: bytes.readUInt8(1),
    keyBytes: bytes.readUInt16BE(2),
    extrasBytes: bytes.readUInt8(4),
    bodyBytes: bytes.readUInt32BE(8),
    opaque: bytes.readUInt32BE(12),
    cas: bytes.readBigUInt64BE(16),
  };
}

export interface Response {
  readonly status?: Status;
  readonly extras?: Buffer;
  readonly key?: string;
  readonly value?: Buffer;
  readonly cas?: bigint;
}

/** Encodes a response as parts to write one after another, without copying the value. */
export function encodeResponse(
  request: Pick<RequestHeader, 'opcode' | 'opaque'>,
  response: Response,
): readonly Buffer[] {
  const { status = STATUS.success, extras = EMPTY, value = EMPTY, cas = 0n } = response;
  const key = Buffer.from(response.key ?? '', 'latin1');
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(RESPONSE_MAGIC, 0);
  header.writeUInt8(request.opcode, 1);
  header.writeUInt16BE(key.length, 2);
  header.writeUInt8(extras.length, 4);
  header.writeUInt16BE(status, 6);
  header.writeUInt32BE(extras.length + key.length + value.length, 8);
  header.writeUInt32BE(request.opaque, 12);
  header.writeBigUInt64BE(cas, 16);
  return [header, extras, key, value].filter((part) => part.length > 0);
}

const EMPTY = Buffer.alloc(0);
