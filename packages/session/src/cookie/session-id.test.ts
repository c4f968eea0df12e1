import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ID_LENGTH, MAX_PREFIX_LENGTH, newSessionId, storageKey } from './session-id.ts';

describe('a session id', () => {
  it('has 192 bits, in characters that a cookie may hold', () => {
    const id = newSessionId();
    expect(id).toMatch(/^[A-Za-z0-9_-]{32}$/);
    expect(id).toHaveLength(ID_LENGTH);
    expect(Buffer.from(id, 'base64url')).toHaveLength(24);
  });

  it('has not one bit that is always the same', () => {
    const [always, never] = [Buffer.alloc(24, 0xff), Buffer.alloc(24)];
    for (let made = 0; made < 200; made += 1) {
      for (const [index, byte] of Buffer.from(newSessionId(), 'base64url').entries()) {
        always[index] = (always[index] ?? 0) & byte;
        never[index] = (never[index] ?? 0) | byte;
      }
    }
    expect([always, never]).toEqual([Buffer.alloc(24), Buffer.alloc(24, 0xff)]);
  });

  it('has other bits than the id before it, in each of its bytes', () => {
    const ids = Array.from({ length: 200 }, () => Buffer.from(newSessionId(), 'base64url'));
    const changes = Array.from(
      { length: 24 },
      (_, byte) => ids.slice(1).filter((id, index) => id[byte] !== ids[index]?.[byte]).length,
    );
    // One in 256 is the same by chance: 199 pairs share a byte 20 times less often than once in 10^18 runs.
    expect(Math.min(...changes)).toBeGreaterThan(179);
  });

  it('is never given out twice', () => {
    expect(new Set(Array.from({ length: 10_000 }, newSessionId)).size).toBe(10_000);
  });
});

describe('the storage key', () => {
  it('is the prefix and the SHA-256 of the id', () => {
    const id = newSessionId();
    expect(storageKey('s/', id)).toBe(`s/${createHash('sha256').update(id).digest('base64url')}`);
    expect(storageKey('s/', 'abc')).toBe('s/ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
  });

  it('fits one block of MD5 with the longest prefix', () => {
    expect(storageKey('p'.repeat(MAX_PREFIX_LENGTH), newSessionId())).toHaveLength(55);
  });

  it('does not hold the id', () => {
    const id = newSessionId();
    expect(storageKey('s/', id)).not.toContain(id);
  });
});
