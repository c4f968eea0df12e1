import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEADER_BYTES, openEnvelope, sealEnvelope } from './envelope.ts';
import { hasCode } from '../errors.ts';

const time = fc.nat({ max: 2 ** 48 - 1 });
const ownLifetime = fc.record({ ttlSeconds: fc.nat(), persistent: fc.boolean() });
const LIFETIME = { createdAt: 1, idCreatedAt: 2, endsAt: 3 };

/** The stored data of an envelope. */
function bodyOf(value: Uint8Array): string {
  const { bytes, start } = openEnvelope(value);
  return bytes.toString('utf8', start);
}

describe('the envelope', () => {
  it('gives back what was sealed', () => {
    fc.assert(
      fc.property(
        time,
        time,
        time,
        fc.option(ownLifetime, { nil: undefined }),
        fc.json(),
        (createdAt, idCreatedAt, endsAt, own, text) => {
          const lifetime = { createdAt, idCreatedAt, endsAt, ...(own === undefined ? {} : { own }) };
          const sealed = sealEnvelope(lifetime, text);
          expect(openEnvelope(sealed)).toMatchObject({ lifetime, encoding: own === undefined ? 0 : 0x10 });
          expect(bodyOf(sealed)).toBe(text);
        },
      ),
    );
  });

  it('stays as it is from version to version', () => {
    const bytes = sealEnvelope(LIFETIME, '{"a":"é"}');
    expect(bytes.toString('hex')).toBe(
      `0100000000000001000000000002000000000003${Buffer.from('{"a":"é"}').toString('hex')}`,
    );
  });

  it('opens bytes that are no Buffer', () => {
    const bytes = new Uint8Array([0, ...sealEnvelope(LIFETIME, '{}')]).subarray(1);
    expect(bodyOf(bytes)).toBe('{}');
  });

  it('calls anything else undecodable', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        fc.pre(bytes.length < HEADER_BYTES || bytes[0] !== 1 || (bytes[1] ?? 0) > 0x0f);
        expect(() => openEnvelope(bytes)).toThrow(expect.objectContaining({ code: 'SESS_UNDECODABLE' }));
      }),
    );
  });

  it('says which format came', () => {
    const bytes = sealEnvelope(LIFETIME, '{}');
    bytes[0] = 9;
    try {
      openEnvelope(bytes);
      expect.unreachable();
    } catch (error) {
      expect(hasCode(error, 'SESS_UNDECODABLE') && error.message).toContain('format 9');
    }
  });
});
