import { beforeEach, describe, inject, test } from 'vitest';
import { sameReply } from './compare-replies.ts';
import { PROTOCOLS } from './protocols.ts';
import { twoServers } from './two-servers.ts';

describe.runIf(inject('runtimes').includes('memcached'))(
  'an embedded node answers and counts as the memcached of this machine does',
  () => {
    const servers = twoServers();
    beforeEach(() => servers.restart());

    describe.each(Object.entries(PROTOCOLS))('%s', (_protocol, exchanges) => {
      test.each(Object.entries(exchanges))('%s', async (_name, requests) => {
        for (const request of requests) await servers.expectSame(request, sameReply);
        await servers.expectSameCounts();
      });
    });
  },
);
