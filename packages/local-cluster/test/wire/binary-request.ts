/** One request of the binary protocol. Given header fields replace those computed from the body. */
export interface BinaryRequest {
  readonly opcode: number;
  readonly extras?: Buffer;
  readonly key?: string;
  readonly value?: string;
  readonly cas?: bigint;
  readonly opaque?: number;
  readonly keyBytes?: number;
  readonly extrasBytes?: number;
  readonly bodyBytes?: number;
  readonly magic?: number;
}

export function binaryRequest(request: BinaryRequest): Buffer {
  const { extras = Buffer.alloc(0), key = '', value = '' } = request;
  const body = Buffer.concat([extras, Buffer.from(key, 'latin1'), Buffer.from(value, 'latin1')]);
  const header = Buffer.alloc(24);
  header.writeUInt8(request.magic ?? 0x80, 0);
  header.writeUInt8(request.opcode, 1);
  header.writeUInt16BE(request.keyBytes ?? key.length, 2);
  header.writeUInt8(request.extrasBytes ?? extras.length, 4);
  header.writeUInt32BE(request.bodyBytes ?? body.length, 8);
  header.writeUInt32BE(request.opaque ?? 0xdecafbad, 12);
  header.writeBigUInt64BE(request.cas ?? 0n, 16);
  return Buffer.concat([header, body]);
}

/** Big-endian 32-bit numbers: flags, exptimes. */
export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, at * 4);
  return bytes;
}

/** Delta, initial value and exptime of a counter. */
export function counterExtras(delta: bigint, initial: bigint, exptime: number): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeBigUInt64BE(delta, 0);
  bytes.writeBigUInt64BE(initial, 8);
  bytes.writeUInt32BE(exptime, 16);
  return bytes;
}
