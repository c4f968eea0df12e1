import { beforeEach, describe, inject, test } from 'vitest';
import { BINARY } from './binary-exchanges.ts';
import { sameReply } from './compare-replies.ts';
import { META } from './meta-exchanges.ts';
import { CLASSIC, type Exchanges } from './text-exchanges.ts';
import { twoServers } from './two-servers.ts';

const PROTOCOLS: Readonly<Record<string, Exchanges>> = { classic: CLASSIC, meta: META, binary: BINARY };

describe.runIf(inject('runtimes').includes('memcached'))('an embedded node answers as the memcached of this machine does', () => {
  const servers = twoServers();
  beforeEach(() => servers.restart());

  for (const [protocol, exchanges] of Object.entries(PROTOCOLS)) {
    describe(protocol, () => {
      test.each(Object.entries(exchanges))('%s', async (_name, requests) => {
        for (const request of requests) await servers.expectSame(request, sameReply);
      });
    });
  }
});
