import { describe, expect, it } from 'vitest';

import { isCallersKey, isValidKey } from '../transport/key-check.ts';
import { deriveHistorySecret, historySeals, isHistoryKey } from './history-seal.ts';

const ONE = 'the secret of the shop, which its servers have';
const OTHER = 'the secret of the admin pages, of which the shop knows nothing';

describe('the seal of a history', () => {
  it('keeps it under a key of its own for each secret, which callers can not use', () => {
    const keys = [...historySeals([ONE, OTHER]), ...historySeals([])].map(({ key }) => key);
    expect(new Set(keys).size).toBe(3);
    for (const key of keys) expect([isValidKey(key), isCallersKey(key)]).toEqual([true, false]);
  });

  it('keeps it under a key of its own for each namespace, with a secret and without', () => {
    const seals = [undefined, 'shop', 'forum'].flatMap((namespace) => [
      ...historySeals([ONE], namespace),
      ...historySeals([], namespace),
    ]);
    expect(new Set(seals.flatMap(({ key, fenceKey }) => [key, fenceKey])).size).toBe(12);
    for (const { key } of seals) expect([isHistoryKey(key), isCallersKey(key)]).toEqual([true, false]);
    expect(historySeals([ONE], 'sess')[0]?.key).toBe(historySeals([ONE])[0]?.key);
  });

  it('is the same for everybody who has the secret, and says nothing of it', () => {
    const [one] = historySeals([ONE]);
    const [, again] = historySeals([OTHER, ONE]);
    const content = Buffer.from('content');
    expect(again?.key).toBe(one?.key);
    expect(again?.sign(content)).toEqual(one?.sign(content));
    expect(historySeals([OTHER])[0]?.sign(content)).not.toEqual(one?.sign(content));
  });

  it('without a secret signs nothing, and says so', () => {
    const [unsigned] = historySeals([]);
    expect(unsigned?.isSigned).toBe(false);
    expect(unsigned?.sign(Buffer.from('content'))).toEqual(Buffer.alloc(32));
  });
});

describe('a history secret that is derived', () => {
  it('is another one than what it is derived from, and the same everywhere', () => {
    expect(deriveHistorySecret(ONE)).toBe(deriveHistorySecret(ONE));
    expect(deriveHistorySecret(ONE)).not.toBe(deriveHistorySecret(OTHER));
    expect(deriveHistorySecret(ONE)).not.toContain(ONE);
    expect(historySeals([deriveHistorySecret(ONE)])[0]?.key).not.toBe(historySeals([ONE])[0]?.key);
  });

  // Every version, and every implementation in another language, must derive the same secret.
  it('stays what it is', () => {
    expect(deriveHistorySecret('0123456789abcdef0123456789abcdef')).toBe('r_92aijpgNtu_WVCyGsoZwcapS49g3MiA0uJBeW2mjo');
  });
});
