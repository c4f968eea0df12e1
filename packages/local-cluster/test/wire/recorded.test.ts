import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LocalCluster } from '../../src/local-cluster.ts';
import { startLocalCluster } from '../../src/start-local-cluster.ts';
import { sameReply } from './compare-replies.ts';
import { PROTOCOLS } from './protocols.ts';
import { exchange } from './raw-exchange.ts';

/**
 * Replies of memcached 1.6.18, by protocol and name; long ones as their digest. `SESS_RECORD=1` records them again from
 * this machine's memcached.
 */
type Recording = Record<string, Record<string, string[]>>;

const FILE = new URL('vectors/memcached-1.6.18.json', import.meta.url);
const RECORDS = process.env['SESS_RECORD'] === '1';
const recording: Recording = RECORDS ? {} : (JSON.parse(readFileSync(FILE, 'utf8')) as Recording);

/** For machines without memcached; with it, the differential test checks more. */
describe('an embedded node answers as memcached 1.6.18 was seen to', () => {
  let cluster: LocalCluster;
  beforeEach(async () => {
    cluster = await startLocalCluster({ nodes: 1, runtime: RECORDS ? 'memcached' : 'embedded' });
  });
  afterEach(() => cluster.close());
  afterAll(() => {
    if (RECORDS) writeFileSync(FILE, `${JSON.stringify(recording, undefined, 1)}\n`);
  });

  describe.each(Object.entries(PROTOCOLS))('%s', (protocol, exchanges) => {
    test.each(Object.entries(exchanges))('%s', async (name, requests) => {
      const replies: string[] = [];
      for (const request of requests) replies.push(summarize(await exchange(cluster.nodes[0]?.port ?? 0, request)));
      if (RECORDS) (recording[protocol] ??= {})[name] = replies;
      const expected = recording[protocol]?.[name] ?? [];
      for (const [at, reply] of replies.entries()) {
        if (!sameReply(Buffer.from(reply, 'latin1'), Buffer.from(expected[at] ?? '', 'latin1')))
          expect(reply, `request ${at}`).toBe(expected[at]);
      }
      expect(replies.length).toBe(expected.length);
    });
  });
});

function summarize(reply: Buffer): string {
  return reply.length > 2_000
    ? `${reply.length} bytes, SHA-256 ${createHash('sha256').update(reply).digest('hex')}`
    : reply.toString('latin1');
}
