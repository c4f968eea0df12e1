import { createDecipheriv, hkdfSync } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decrypt, encrypt, encryptionSecret } from './encryption.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const secret = encryptionSecret(SECRET);
const other = encryptionSecret('another secret of thirty-two bytes');
const place = { key: 's/a-storage-key', header: Buffer.alloc(20, 1) };
const data = Buffer.from('{"user":"USER_123"}');

describe('encrypted data', () => {
  it('comes back with the secret that encrypted it, wherever that stands', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        const body = encrypt(secret, place, Buffer.from(bytes));
        expect(decrypt([other, secret], place, body)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('can be read with what every language has: HKDF-SHA-256 and AES-256-GCM', () => {
    const body = encrypt(secret, place, data);
    const key = hkdfSync('sha256', SECRET, '', `@sess/session aes-256-gcm ${place.key}`, 32);
    expect(body.subarray(0, 4)).toEqual(Buffer.from(hkdfSync('sha256', SECRET, '', '@sess/session key id', 4)));
    const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key), body.subarray(4, 16));
    decipher.setAAD(Buffer.concat([place.header, Buffer.from(place.key)])).setAuthTag(body.subarray(-16));
    expect(Buffer.concat([decipher.update(body.subarray(16, -16)), decipher.final()])).toEqual(data);
  });

  it('is never the same twice, and shows nothing', () => {
    const bodies = Array.from({ length: 100 }, () => encrypt(secret, place, data));
    expect(new Set(bodies.map((body) => body.toString('hex', 4, 16))).size).toBe(100);
    for (const body of bodies) expect(body.toString('latin1')).not.toContain('USER');
  });

  it('is nobody else’s to read', () => {
    expect(decrypt([other], place, encrypt(secret, place, data))).toBeUndefined();
  });

  it.each([
    ['under another key', { ...place, key: 's/b-storage-key' }],
    ['with another header', { ...place, header: Buffer.alloc(20, 2) }],
  ])('is worth nothing %s', (_, elsewhere) => {
    const body = encrypt(secret, place, data);
    expect(() => decrypt([secret], elsewhere, body)).toThrow(expect.objectContaining({ code: 'SESS_UNDECODABLE' }));
  });

  it('is not read when a single bit of it was turned, or a byte of it is missing', () => {
    const body = encrypt(secret, place, data);
    for (let bit = 32; bit < body.length * 8; bit++) {
      const turned = Buffer.from(body);
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => decrypt([secret], place, turned)).toThrow(expect.objectContaining({ code: 'SESS_UNDECODABLE' }));
    }
    for (let length = 0; length < body.length; length++) {
      expect(() => decrypt([secret], place, body.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'SESS_UNDECODABLE' }),
      );
    }
  });
});
