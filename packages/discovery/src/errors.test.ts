import { describe, expect, it } from 'vitest';
import { DiscoveryError } from './errors.ts';

describe('a discovery error', () => {
  it('has a code, the endpoint, its cause, and whether the same can succeed later', () => {
    const cause = new Error('ECONNREFUSED');
    const error = new DiscoveryError('SESS_DISCOVERY_UNREACHABLE', 'text', { endpoint: 'a:1', cause });
    expect(error).toMatchObject({
      name: 'DiscoveryError',
      code: 'SESS_DISCOVERY_UNREACHABLE',
      endpoint: 'a:1',
      cause,
      retryable: true,
    });
    expect(new DiscoveryError('SESS_BAD_OPTION', 'text')).toMatchObject({ endpoint: undefined, retryable: false });
    expect('cause' in new DiscoveryError('SESS_BAD_OPTION', 'text')).toBe(false);
  });

  it('is recognised by its brand, whichever copy of the package made it', () => {
    const foreign = Object.assign(new Error('text'), { [Symbol.for('@sess/discovery.error')]: true });
    expect(
      [new DiscoveryError('SESS_BAD_OPTION', ''), foreign, new Error('text'), null, undefined, 'SESS_BAD_OPTION'].map(
        (value) => DiscoveryError.is(value),
      ),
    ).toEqual([true, true, false, false, false, false]);
  });
});
