import { expect, test } from 'vitest';
import { encodeConfigReply, encodeValueReply } from './configuration-listing.ts';

const LISTING = {
  version: 12,
  nodes: [
    { host: 'node-1.example', address: '10.0.0.1', port: 11_211 },
    { host: 'knoten-ä', address: '', port: 11_212 },
    { host: '::1', address: '::1', port: 1 },
  ],
};
const PAYLOAD = '12\nnode-1.example|10.0.0.1|11211 knoten-ä||11212 ::1|::1|1\n';

test('both replies carry the same payload, and count its bytes without the CRLF behind it', () => {
  const bytes = Buffer.byteLength(PAYLOAD);
  expect(encodeConfigReply(LISTING)).toBe(`CONFIG cluster 0 ${bytes}\r\n${PAYLOAD}\r\nEND\r\n`);
  expect(encodeValueReply(LISTING)).toBe(`VALUE AmazonElastiCache:cluster 0 ${bytes}\r\n${PAYLOAD}\r\nEND\r\n`);
});
