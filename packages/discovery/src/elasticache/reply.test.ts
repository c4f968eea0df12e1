import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excerpt, type Incomplete, MAX_LINE_BYTES, MAX_PAYLOAD_BYTES, parseReply, type Reply } from './reply.ts';

const reply = (text: string): Reply | Incomplete => parseReply(Buffer.from(text, 'latin1'));

/** Feeds chunks like a connection: parses only once the bytes that the parser needs are there. */
function feed(chunks: readonly Buffer[]): { result: Reply | Incomplete; looks: number } {
  let received = Buffer.alloc(0);
  let result: Reply | Incomplete = { kind: 'incomplete', needs: 1 };
  let looks = 0;
  for (const chunk of chunks) {
    received = Buffer.concat([received, chunk]);
    if (result.kind !== 'incomplete') break;
    if (received.length < result.needs) continue;
    result = parseReply(received);
    looks += 1;
  }
  return { result, looks };
}

function splitAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...new Set(cuts.map((cut) => cut % (bytes.length + 1))), bytes.length].toSorted((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

describe('a reply', () => {
  it('is read by its length, whatever the payload holds', () => {
    const payload = '1\nEND\r\nhost|10.0.0.1|11211\n';
    expect(reply(`CONFIG cluster 0 ${payload.length}\r\n${payload}\r\nEND\r\n`)).toEqual({
      kind: 'payload',
      text: payload,
    });
  });

  it('is no list when it is the value of a key', () => {
    expect(reply('VALUE AmazonElastiCache:cluster 0 8\r\n1\na||12\n\r\nEND\r\n')).toMatchObject({
      kind: 'malformed',
    });
  });

  it('can be a version', () => {
    expect(reply('VERSION 1.4.5\r\n')).toEqual({ kind: 'version', version: '1.4.5' });
    expect(reply('VERSION 1.4.5_4_gaa7839e\r\n')).toEqual({ kind: 'version', version: '1.4.5' });
    expect(reply('VERSION mcrouter 37.0.0\r\n')).toMatchObject({ kind: 'malformed' });
  });

  it('may count the line break before END as payload, and end its lines with a bare LF', () => {
    expect(reply('CONFIG cluster 0 10\r\n1\na||12\n\r\nEND\r\n')).toEqual({ kind: 'payload', text: '1\na||12\n\r\n' });
    expect(reply('CONFIG cluster 0 7\n1\na||12\nEND\n')).toEqual({ kind: 'payload', text: '1\na||12' });
  });

  it('can say that there is nothing, that the command is not known, or that it is refused', () => {
    expect(reply('END\r\n')).toEqual({ kind: 'nothing' });
    expect(reply('ERROR\r\n')).toEqual({ kind: 'unknown-command' });
    expect(reply('ERROR Too many open connections\r\n')).toEqual({ kind: 'full' });
    expect(reply('SERVER_ERROR out of memory\r\n')).toEqual({ kind: 'refused', line: 'SERVER_ERROR out of memory' });
    expect(reply('CLIENT_ERROR unauthenticated\r\n')).toEqual({
      kind: 'refused',
      line: 'CLIENT_ERROR unauthenticated',
    });
  });

  it.each([
    ['a payload longer than announced', 'CONFIG cluster 0 2\r\n1\na||1\n\r\nEND\r\n'],
    ['another first line', 'VALUE something 0 2\r\n1\n\r\nEND\r\n'],
    ['a length that is no number', 'CONFIG cluster 0 -2\r\n1\n\r\nEND\r\n'],
    ['a length beyond the limit', `CONFIG cluster 0 ${MAX_PAYLOAD_BYTES + 1}\r\n`],
    ['a line without end', 'x'.repeat(MAX_LINE_BYTES + 1)],
    ['a TLS alert', '\x15\x03\x03\x00\x02\x02\x46'],
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ])('is malformed when it is %s', (_, text) => {
    expect(reply(text).kind).toBe('malformed');
  });

  it('with less than it announces is waited for, and never taken for whole', () => {
    expect(reply('CONFIG cluster 0 900\r\n1\na||11211\n\r\nEND\r\n')).toEqual({
      kind: 'incomplete',
      needs: 22 + 900 + 1,
    });
  });

  it('cut off anywhere is not a reply', () => {
    const payload = '41\na.example|10.0.0.1|11211 b.example|10.0.0.2|1\n';
    const whole = `CONFIG cluster 0 ${payload.length}\r\n${payload}\r\nEND\r\n`;
    expect(reply(whole).kind).toBe('payload');
    for (let length = 0; length < whole.length; length += 1)
      expect(reply(whole.slice(0, length)).kind).toBe('incomplete');
  });

  it('that looks like TLS says which option is missing', () => {
    expect(reply('\x15\x03\x03')).toMatchObject({ reason: expect.stringContaining('"tls"') as string });
  });

  it('parses the same however it is split', () => {
    const payload = fc.string({ unit: 'binary-ascii', maxLength: 200 });
    const cuts = fc.array(fc.nat(10_000), { maxLength: 12 });
    fc.assert(
      fc.property(payload, cuts, (text, places) => {
        const bytes = Buffer.from(`CONFIG cluster 0 ${text.length}\r\n${text}\r\nEND\r\n`, 'latin1');
        expect(feed(splitAt(bytes, places)).result).toEqual({ kind: 'payload', text });
      }),
    );
  });

  it('that is anything at all is read without a throw, to the same end however it is split', () => {
    const token = fc.constantFrom(
      'CONFIG cluster 0 ',
      'VALUE ',
      'END',
      'ERROR',
      'CLIENT_ERROR ',
      '\r\n',
      '\n',
      '5',
      '1048577',
      'a|b|1',
      '\x15',
    );
    const soup = fc.oneof(
      fc.uint8Array({ maxLength: 700 }),
      fc.array(token, { maxLength: 12 }).map((tokens) => Buffer.from(tokens.join(''))),
    );
    fc.assert(
      fc.property(soup, fc.array(fc.nat(10_000), { maxLength: 8 }), (given, places) => {
        const bytes = Buffer.from(given);
        const whole = feed([bytes]).result;
        const { result } = feed(splitAt(bytes, places));
        expect(result.kind).toBe(whole.kind);
        if (result.kind === 'incomplete') expect(result.needs).toBeGreaterThan(bytes.length);
      }),
      { numRuns: 500, examples: [[Buffer.from('CONFIG cluster 0 5\r\na|b|15'), [20]]] },
    );
  });

  it('of the largest size, byte by byte, is not looked at byte by byte', () => {
    const head = `CONFIG cluster 0 ${MAX_PAYLOAD_BYTES}\r\n`;
    const first = reply(head);
    expect(first).toEqual({ kind: 'incomplete', needs: head.length + MAX_PAYLOAD_BYTES + 1 });
  });
});

describe('an excerpt for an error message', () => {
  it('is short and has no control characters', () => {
    expect(excerpt('\u0007\r\n')).toBe(String.raw`"\u0007\r\n"`);
    expect(excerpt('x'.repeat(10_000)).length).toBeLessThan(100);
  });
});
