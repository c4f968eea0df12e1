import fs from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { addressesInHostsFile } from './hosts-file.ts';

describe('the hosts file', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('has every address of a name, in whatever column and spelling', () => {
    vi.spyOn(fs, 'readFileSync').mockReturnValue(
      [
        '# 10.0.0.9 cache',
        '127.0.0.1 localhost',
        '10.0.0.1\tcache.internal Cache # the first',
        '  fd00::1 cache\r',
        '10.0.0.2 cache2 #cache',
        'not-an-address cache',
        '',
      ].join('\n'),
    );
    const both = [
      { address: '10.0.0.1', family: 4 },
      { address: 'fd00::1', family: 6 },
    ];
    expect(addressesInHostsFile('cache')).toEqual(both);
    expect(addressesInHostsFile('CACHE')).toEqual(both);
    expect(addressesInHostsFile('other')).toEqual([]);
  });

  it('that can not be read has no name', () => {
    vi.spyOn(fs, 'readFileSync').mockImplementation(() => {
      throw new Error('EACCES');
    });
    expect(addressesInHostsFile('localhost')).toEqual([]);
  });
});
