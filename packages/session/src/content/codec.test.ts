import { inspect } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { application, loggedIn, Browser, otherServer, SECRET } from '../../test/visit.ts';
import { createSessions } from '../create-sessions.ts';
import type { SessionError } from '../errors.ts';
import { loadsDuring } from '../../test/events-during.ts';
import { memoryStore } from '../stores/memory-store.ts';
import type { SessionCodec } from './codec.ts';

const v8: SessionCodec = { name: 'v8', encode: serialize, decode: deserialize };
const reversed: SessionCodec = {
  name: 'reversed',
  encode: (data) => Buffer.from(JSON.stringify(data)).toReversed(),
  decode: (bytes) => JSON.parse(Buffer.from(bytes.toReversed()).toString()) as unknown,
};

async function failure(work: Promise<unknown>): Promise<SessionError> {
  return work.then(
    () => expect.unreachable(),
    (error: SessionError) => error,
  );
}

describe('a codec', () => {
  it('keeps what JSON can not, and finds a change by comparing its bytes', async () => {
    const app = application({ codec: v8 });
    const browser = new Browser(app);
    await browser.visit((session) => void (session.data.note = new Map([['since', new Date(0)]])));
    app.store.forget();
    expect(await browser.visit((session) => session.data.note)).toEqual(new Map([['since', new Date(0)]]));
    expect(app.store.operations).toEqual(['load']);
    await browser.visit((session) => (session.data.note as Map<string, unknown>).set('more', 1));
    expect(app.store.operations).toEqual(['load', 'load', 'save']);
  });

  it('stores nothing for a visitor without data', async () => {
    const app = application({ codec: v8 });
    await new Browser(app).visit((session) => session.data);
    expect(app.store.operations).toEqual([]);
  });

  it('that replaces JSON, or another codec, reads the sessions of both, and writes them in its own form when they change', async () => {
    const { app, browser } = await loggedIn();
    const second = new Browser({ sessions: otherServer(app, { codec: reversed }) }, browser.cookies);
    app.store.forget();
    expect(await second.visit((session) => session.data.user)).toBe('USER_123');
    expect(app.store.operations).toEqual(['load']);
    await second.visit((session) => void (session.data.visits = 1));
    const written = Buffer.from(app.store.saves[0]?.value ?? []).toString('latin1', 20);
    expect(written).toBe('\u0008reversed}1:"stisiv","321_RESU":"resu"{');
    const third = new Browser({ sessions: otherServer(app, { codec: [v8, reversed] }) }, browser.cookies);
    await third.visit((session) => session.regenerate({ keep: true }));
    expect(await third.visit((session) => session.data)).toEqual({ user: 'USER_123', visits: 1 });
    const back = new Browser({ sessions: otherServer(app, { codec: ['json', v8] }) }, third.cookies);
    expect(await back.visit((session) => session.data)).toEqual({ user: 'USER_123', visits: 1 });
  });

  it('that is not there any more leaves a miss, told in diagnostics', async () => {
    const { app, browser } = await loggedIn({ codec: v8 });
    const json = new Browser({ sessions: otherServer(app) }, browser.cookies);
    const loads = await loadsDuring(async () => expect(await json.visit((session) => session.isNew)).toBe(true));
    expect(loads).toMatchObject([{ outcome: 'undecodable', error: { code: 'SESS_UNDECODABLE' } }]);
    expect(loads[0]?.error?.message).toContain('option "codec"');
  });

  it('that can not decode, or decodes something else than an object, leaves a miss and never an error', async () => {
    const { app, browser } = await loggedIn({ codec: { ...v8, name: 'old' } });
    const decoders: SessionCodec['decode'][] = [
      () => {
        throw new Error('USER_123 is broken');
      },
      () => 'USER_123',
      () => null,
      () => [],
      () => new Map(),
    ];
    for (const decode of decoders) {
      const codec = { name: 'old', encode: serialize, decode };
      const visitor = new Browser({ sessions: otherServer(app, { codec }) }, browser.cookies);
      const loads = await loadsDuring(async () => expect(await visitor.visit((session) => session.isNew)).toBe(true));
      expect(loads).toMatchObject([{ outcome: 'undecodable' }]);
      expect(`${loads[0]?.error?.message} ${String(loads[0]?.error?.cause)}`).not.toContain('USER_123');
    }
  });

  it('that can not encode says which field, and does not show it', async () => {
    const app = application({ codec: v8 });
    const error = await failure(
      new Browser(app).visit((session) => void (session.data = { user: 'USER_123', note: () => 'USER_456' })),
    );
    expect([error.code, error.message]).toEqual(['SESS_BAD_DATA', 'the codec "v8" could not encode session.data.note']);
    expect(inspect(error)).not.toMatch(/USER_/);
    expect(app.store.operations).toEqual([]);
  });

  it('is held to maxBytes by what it encoded', async () => {
    const app = application({ codec: v8, maxBytes: 100 });
    const error = await failure(new Browser(app).visit((session) => void (session.data.note = 'é'.repeat(100))));
    expect(error.code).toBe('SESS_TOO_LARGE');
  });

  it('that lets stored data replace a prototype does no harm', async () => {
    const careless: SessionCodec = {
      encode: (data) => Buffer.from(JSON.stringify(Object.entries(data))),
      decode: (bytes) => {
        const data: Record<string, unknown> = {};
        for (const [key, value] of JSON.parse(Buffer.from(bytes).toString()) as [string, unknown][]) data[key] = value;
        return data;
      },
    };
    const app = application({ codec: careless });
    const browser = new Browser(app);
    await browser.visit((session) => {
      session.data.user = 'USER_123';
      Object.defineProperty(session.data, '__proto__', { value: { isAdmin: true }, enumerable: true });
    });
    const data = await browser.visit((session) => session.data);
    expect(data).toEqual({ user: 'USER_123' });
    expect(data).not.toHaveProperty('isAdmin');
  });
});

describe('the option "codec"', () => {
  it.each<[string, unknown, RegExp]>([
    ['no codec', 'msgpack', /"codec" is a text of 7 characters; expected \{ name, encode\(data\), decode\(bytes\) \}/],
    ['half a codec', { encode: serialize }, /"codec" is .*expected/],
    ['none', [], /"codec" is \[\]; expected/],
    ['a name that is too long', { ...v8, name: 'x'.repeat(33) }, /"codec.name" .*1 to 32 characters/],
    ['two of one name', [v8, { ...reversed, name: 'v8' }], /two codecs named "v8"/],
    ['JSON twice', ['json', 'json'], /two codecs named "json"/],
    [
      'an encoder that gives text',
      [v8, { encode: JSON.stringify, decode: JSON.parse }],
      /"codec\[1\]" could not encode an empty object/,
    ],
  ])('refuses %s', (_, codec, message) => {
    const given = { store: memoryStore(), secret: SECRET, codec: codec as SessionCodec };
    expect(() => createSessions(given)).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringMatching(message) }),
    );
  });
});
