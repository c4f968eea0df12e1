import { describe, expect, it } from 'vitest';
import { FITS_ANY_NODE_BYTES, itemBoundsIn, overBounds } from './item-bounds.ts';

describe('the bounds by a node’s settings', () => {
  it.each([
    [
      { item_size_max: '1048576', cas_enabled: 'yes' },
      { itemBytes: 1_048_576, cas: true },
    ],
    [
      { item_size_max: '1024', cas_enabled: 'no' },
      { itemBytes: 1_024, cas: false },
    ],
    [{ item_size_max: '1073741824' }, { itemBytes: 1_073_741_824, cas: true }],
  ])('%j', (settings, bounds) => {
    expect(itemBoundsIn(new Map(Object.entries(settings)))).toEqual(bounds);
  });

  it.each(['1023', '0', '-1', '', '1e6', '1073741825', '99999999999', 'none', ' 2048'])(
    'are not known by item_size_max %j',
    (given) => {
      expect(itemBoundsIn(new Map([['item_size_max', given]]))).toBeUndefined();
    },
  );
});

it('what fits any node fits the smallest there is', () => {
  const smallest = { itemBytes: 1_024, cas: true };
  const item = { keyBytes: 250, flags: 1 };
  expect(overBounds('n:1', smallest, { ...item, bytes: FITS_ANY_NODE_BYTES - 250 })).toBeUndefined();
  expect(overBounds('n:1', smallest, { ...item, bytes: FITS_ANY_NODE_BYTES - 249 })).toMatchObject({
    code: 'SESS_TOO_LARGE',
    node: 'n:1',
  });
});
