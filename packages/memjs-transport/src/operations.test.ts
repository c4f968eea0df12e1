import { Header, Utils, type Response } from 'memjs';
import { describe, expect, it } from 'vitest';
import { Status } from './operation.ts';
import { getOperation, storeOperation, touchOperation, versionOperation } from './operations.ts';
import { encode, frameBytes } from './pending-request.ts';

const EPOCH = 7;

function reply(status: number, extras = Buffer.alloc(0), value = Buffer.alloc(0), cas = 0n): Response {
  const header = Header.toBuffer({
    magic: 0x81,
    opcode: 0,
    status,
    keyLength: 0,
    extrasLength: extras.length,
    totalBodyLength: extras.length + value.length,
  });
  header.writeBigUInt64BE(cas, 16);
  return Utils.parseMessage(Buffer.concat([header, extras, value]));
}

describe('requests', () => {
  it('carry flags, exptime, CAS number and opaque in their places', () => {
    const operation = storeOperation(0x1122_3344_5566_7788n, 'key', Buffer.from('value'), 0xdead_beef, 2_000_000_000);
    const frame = encode(operation, 0xfedc_ba98);
    expect(frame.toString('hex')).toBe(
      [
        '80010003',
        '08000000',
        '00000010',
        'fedcba98',
        '1122334455667788',
        'deadbeef',
        '77359400',
        Buffer.from('keyvalue').toString('hex'),
      ].join(''),
    );
    expect(frame).toHaveLength(frameBytes(operation));
  });

  it('copy the value, so that the caller may change it', () => {
    const value = Buffer.from('before');
    const frame = encode(storeOperation('set', 'key', value, 0, 0), 1);
    value.write('after!');
    expect(frame.toString('latin1')).toContain('before');
  });

  it('take a view of a larger buffer for what it shows', () => {
    const bytes = Uint8Array.from(Buffer.from('-value-'));
    const frame = encode(storeOperation('set', 'key', bytes.subarray(1, 6), 0, 0), 1);
    expect(frame.subarray(-8).toString('latin1')).toBe('keyvalue');
  });
});

describe('replies', () => {
  const flags = Buffer.from('fffffffe', 'hex');

  it('to a get: a hit, a miss, a refusal, or nonsense', () => {
    const { read } = getOperation('key');
    expect(read(reply(0, flags, Buffer.from('v'), 2n ** 63n), EPOCH)).toEqual({
      answer: {
        value: Buffer.from('v'),
        flags: 0xffff_fffe,
        cas: { unique: 2n ** 63n, epoch: EPOCH },
        ttlSeconds: undefined,
      },
    });
    expect(read(reply(Status.missing), EPOCH)).toEqual({ answer: undefined });
    expect(read(reply(0x82), EPOCH)).toEqual({
      refused: expect.stringContaining('out of memory'),
      code: 'SESS_SERVER',
    });
    expect(read(reply(0), EPOCH)).toEqual({ fault: expect.stringContaining('extras') });
  });

  it('to a set: nothing but stored is an answer', () => {
    const { read } = storeOperation('set', 'key', Buffer.alloc(0), 0, 0);
    expect(read(reply(0), EPOCH)).toEqual({ answer: 'stored' });
    for (const status of [Status.missing, Status.exists, Status.notStored, 0x7f]) {
      expect(read(reply(status), EPOCH)).toEqual({ refused: expect.any(String), code: 'SESS_SERVER' });
    }
  });

  it('to an add: stored or exists', () => {
    const { read } = storeOperation('add', 'key', Buffer.alloc(0), 0, 0);
    expect(read(reply(0), EPOCH)).toEqual({ answer: 'stored' });
    expect(read(reply(Status.exists), EPOCH)).toEqual({ answer: 'exists' });
    expect(read(reply(Status.missing), EPOCH)).toEqual({ refused: expect.any(String), code: 'SESS_SERVER' });
  });

  it('to a compare-and-swap: stored, exists or missing', () => {
    const { read } = storeOperation(5n, 'key', Buffer.alloc(0), 0, 0);
    expect(read(reply(0), EPOCH)).toEqual({ answer: 'stored' });
    expect(read(reply(Status.exists), EPOCH)).toEqual({ answer: 'exists' });
    expect(read(reply(Status.missing), EPOCH)).toEqual({ answer: 'missing' });
    expect(read(reply(Status.notStored), EPOCH)).toEqual({ refused: expect.any(String), code: 'SESS_SERVER' });
  });

  it('to a touch: the flags, where the server tells them', () => {
    const { read } = touchOperation('key', 10);
    expect(read(reply(0, flags), EPOCH)).toEqual({ answer: { flags: 0xffff_fffe } });
    expect(read(reply(0), EPOCH)).toEqual({ answer: { flags: undefined } });
    expect(read(reply(Status.missing), EPOCH)).toEqual({ answer: undefined });
  });

  it('to remove and version', () => {
    expect(versionOperation().read(reply(0, Buffer.alloc(0), Buffer.from('1.6.18')), EPOCH)).toEqual({
      answer: '1.6.18',
    });
    expect(versionOperation().read(reply(Status.unknownCommand), EPOCH)).toEqual({
      refused: expect.stringContaining('0x81'),
      code: 'SESS_SERVER',
    });
  });
});
