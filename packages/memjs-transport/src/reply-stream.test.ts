import * as fc from 'fast-check';
import { Header } from 'memjs';
import { describe, expect, it } from 'vitest';
import { ReplyStream } from './reply-stream.ts';

const LIMIT = 100_000;

function message(body: Uint8Array, fields: { magic?: number; keyLength?: number; bodyLength?: number } = {}): Buffer {
  const { magic = 0x81, keyLength = 0, bodyLength = body.byteLength } = fields;
  return Buffer.concat([
    Header.toBuffer({ magic, opcode: 0, keyLength, extrasLength: 0, totalBodyLength: bodyLength }),
    body,
  ]);
}

function collect(): { readonly messages: Buffer[]; readonly stream: ReplyStream } {
  const messages: Buffer[] = [];
  const stream = new ReplyStream(LIMIT, (whole) => {
    messages.push(Buffer.from(whole));
    return true;
  });
  return { messages, stream };
}

describe('a stream of replies', () => {
  it('comes out as the same messages however it is split', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(bodies, fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1 }), (contents, sizes) => {
        const sent = contents.map((body) => message(body));
        const bytes = Buffer.concat(sent);
        const { messages, stream } = collect();
        for (let start = 0, turn = 0; start < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          expect(stream.push(bytes.subarray(start, start + size))).toBeUndefined();
          start += size;
        }
        expect(messages).toEqual(sent);
      }),
    );
  });

  it('hands out a message as soon as its last byte is there', () => {
    const bytes = message(Buffer.from('value'));
    const { messages, stream } = collect();
    stream.push(bytes.subarray(0, -1));
    expect(messages).toHaveLength(0);
    stream.push(bytes.subarray(-1));
    expect(messages).toEqual([bytes]);
  });

  it('says so at the first byte that a full node does not say when the node speaks text', () => {
    expect(collect().stream.push(Buffer.from('S'))).toContain('use the text transport');
    expect(collect().stream.push(Buffer.from('ERROR\r\n'))).toContain('use the text transport');
    expect(collect().stream.push(Buffer.from('ERROR\r\nERROR\r\nERROR\r\nERROR\r\n'))).toContain(
      'use the text transport',
    );
  });

  it('knows the word of a full node, in however many pieces it comes', () => {
    const word = Buffer.from('ERROR Too many open connections\r\n');
    for (let at = 0; at < word.length - '\r\n'.length; at += 1) {
      const { stream } = collect();
      expect(stream.push(word.subarray(0, at))).toBeUndefined();
      expect(stream.saysFull).toBe(false);
      expect(stream.push(word.subarray(at))).toBeDefined();
      expect(stream.saysFull).toBe(true);
    }
    const { stream } = collect();
    stream.push(Buffer.from('ERROR Too'));
    expect(stream.push(Buffer.from(' few'))).toContain('use the text transport');
    expect(stream.saysFull).toBe(false);
  });

  it('refuses what is not a reply', () => {
    expect(collect().stream.push(message(Buffer.alloc(0), { magic: 0x80 }))).toContain('0x80');
  });

  it('refuses a reply whose parts are longer than the whole, which memjs would wait for without end', () => {
    expect(collect().stream.push(message(Buffer.from('abc'), { keyLength: 4 }))).toContain('contradict');
  });

  it('refuses a reply longer than the bound before it has arrived', () => {
    expect(collect().stream.push(message(Buffer.alloc(0), { bodyLength: LIMIT }))).toBeUndefined();
    expect(collect().stream.push(message(Buffer.alloc(0), { bodyLength: LIMIT + 1 }))).toContain('maxValueBytes');
  });

  it('stops where its reader says so', () => {
    const seen: Buffer[] = [];
    const stream = new ReplyStream(LIMIT, (whole) => {
      seen.push(whole);
      return false;
    });
    stream.push(Buffer.concat([message(Buffer.from('one')), message(Buffer.from('two'))]));
    expect(seen).toHaveLength(1);
  });
});
