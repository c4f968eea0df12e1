import { hash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadsDuring } from '../../test/events-during.ts';
import { application, Browser, otherServer, SECRET, type Application } from '../../test/visit.ts';
import { memoryBacking } from '../stores/backed/memory-backing.ts';
import { createSessions } from '../create-sessions.ts';
import { Encoding } from './envelope.ts';
import { memoryStore } from '../stores/memory-store.ts';
import type { SessionsOptions } from '../options/options.ts';
import type { SessionCodec } from './codec.ts';
import type { SessionData } from '../session.ts';
import type { SessionStore } from '../stores/session-store.ts';

const OLD = 'the old secret that encrypted of old';
const NEW = 'the new secret that encrypts from now';
const text: SessionCodec = {
  name: 'text',
  encode: (data) => Buffer.from(JSON.stringify(data), 'utf16le'),
  decode: (bytes) => JSON.parse(Buffer.from(bytes).toString('utf16le')) as unknown,
};
const LONG_CART = Array.from({ length: 200 }, (_, n) => `sku-${n}`);

const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
afterEach(() => void warning.mockClear());

const forms: readonly (readonly [string, Partial<SessionsOptions>])[] = [
  ['plain JSON', {}],
  ['deflated', { compress: true }],
  ['brotli', { compress: { algorithm: 'brotli', aboveBytes: 0 } }],
  ['encrypted', { encrypt: { secret: OLD } }],
  ['deflated and encrypted', { compress: true, encrypt: { secret: OLD } }],
  ['of a codec, compressed and encrypted', { codec: text, compress: true, encrypt: { secret: OLD } }],
];

async function begun(options: Partial<SessionsOptions>): Promise<{ app: Application; browser: Browser }> {
  const app = application(options);
  const browser = new Browser(app);
  await browser.visit((session) => void (session.data = { user: 'USER_123', cart: LONG_CART }));
  return { app, browser };
}

function lastSaved({ store }: Application): Buffer {
  return Buffer.from(store.saves.at(-1)?.value ?? []);
}

describe.each(forms)('a session that is stored %s', (_, options) => {
  it('can be read, left unchanged, changed, renewed and reloaded', async () => {
    const { app, browser } = await begun(options);
    app.store.forget();
    expect(await browser.visit((session) => session.data)).toEqual({ user: 'USER_123', cart: LONG_CART });
    expect(app.store.operations).toEqual(['load']);
    await browser.visit((session) => session.data.cart?.push('one more'));
    await browser.visit((session) => session.regenerate({ keep: true }));
    await browser.visit(async (session) => {
      session.data.cart = [];
      await session.reload();
      expect(session.data.cart).toEqual([...LONG_CART, 'one more']);
    });
  });

  it('keeps what two requests at once changed', async () => {
    const { browser } = await begun(options);
    const [one, two] = [await browser.open(), await browser.copy().open()];
    one.data.visits = 1;
    two.data.note = 'two';
    await Promise.all([one.commit(), two.commit()]);
    expect(await browser.visit((session) => [session.data.visits, session.data.note])).toEqual([1, 'two']);
  });

  it('is read by servers that write it in any other form', async () => {
    const { app, browser } = await begun(options);
    for (const [, others] of forms) {
      const rolled = {
        codec: ['json' as const, text],
        encrypt: { secret: [NEW, OLD] },
        ...others,
      };
      const encrypt = {
        secret: [NEW, OLD],
        plain: others.encrypt === undefined ? ('write' as const) : ('read' as const),
      };
      const server = new Browser({ sessions: otherServer(app, { ...rolled, encrypt }) }, browser.cookies);
      expect(await server.visit((session) => session.data)).toEqual({ user: 'USER_123', cart: LONG_CART });
    }
  });
});

describe('compression', () => {
  it('takes less room, and is left where it gains nothing', async () => {
    const [plain, compressed] = [await begun({}), await begun({ compress: true })];
    expect(lastSaved(compressed.app).length).toBeLessThan(lastSaved(plain.app).length / 2);
    await compressed.browser.visit((session) => void (session.data = { user: 'USER_123' }));
    expect(lastSaved(compressed.app).toString('latin1', 20)).toBe('{"user":"USER_123"}');
  });

  it('holds maxBytes to what the data takes without it', async () => {
    const app = application({ compress: true, maxBytes: 1_000 });
    const visit = new Browser(app).visit((session) => void (session.data.note = 'x'.repeat(1_000)));
    await expect(visit).rejects.toMatchObject({ code: 'SESS_TOO_LARGE' });
  });

  it('of a record made to burst is a miss that is told', async () => {
    const { app, browser } = await begun({ compress: true });
    const bomb = Buffer.concat([lastSaved(app).subarray(0, 20), deflateRawSync(Buffer.alloc(50_000_000, 'x'))]);
    await plant(app, bomb);
    const loads = await loadsDuring(async () => expect(await browser.visit((session) => session.isNew)).toBe(true));
    expect(loads).toMatchObject([
      {
        outcome: 'undecodable',
        error: { message: expect.stringContaining('is compressed, and would take more than') },
      },
    ]);
  });
});

describe('encryption', () => {
  it('leaves nothing readable in the store', async () => {
    const { app } = await begun({ encrypt: { secret: OLD } });
    expect(lastSaved(app)[1]).toBe(Encoding.encrypted);
    expect(lastSaved(app).toString('latin1')).not.toMatch(/USER|sku|cart/);
  });

  it('leaves no trace of a user in the cache, whatever becomes of the session: not in keys, epochs, markers or copies; a database is told the name', async () => {
    const backing = memoryBacking();
    const app = application();
    const options = {
      encrypt: { secret: OLD },
      userOf: (data: SessionData) => data.user,
      renewAfterSeconds: 60,
      graceSeconds: 60,
    };
    const browser = new Browser({ sessions: otherServer(app, { ...options, backing }) });
    await browser.visit((session) => void (session.data = { user: 'USER_123', cart: ['sku-1'] }));
    const [id] = [await browser.visit((session) => session.id)];
    app.passSeconds(61);
    await browser.visit(() => {});
    await browser.visit((session) => session.regenerate({ keep: true }));
    await browser.visit((session) => session.revokeOthers());
    expect(app.store.saves.length).toBeGreaterThan(6);
    for (const { key, value } of app.store.saves) {
      expect(`${key} ${Buffer.from(value).toString('latin1')}`).not.toMatch(/USER_123|sku-1/);
      expect(`${key} ${Buffer.from(value).toString('latin1')}`).not.toContain(id);
      // The name is not hashed without a secret either: a reader of the store could find it by trying names.
      for (const name of ['USER_123', 'user USER_123', 'epoch of USER_123'])
        expect(key).not.toContain(hash('sha256', name, 'base64url'));
    }
    const stored = [...backing.sessions.values()];
    expect(stored.map(({ value }) => Buffer.from(value).toString('latin1')).join(' ')).not.toMatch(/USER_123|sku-1/);
    expect(stored.map(({ user }) => user)).toContain('USER_123');
  });

  it('takes a new secret in front of the old one, and encrypts anew what is saved', async () => {
    const { app, browser } = await begun({ encrypt: { secret: OLD } });
    const both = new Browser({ sessions: otherServer(app, { encrypt: { secret: [NEW, OLD] } }) }, browser.cookies);
    await both.visit((session) => void (session.data.visits = 1));
    const later = new Browser({ sessions: otherServer(app, { encrypt: { secret: NEW } }) }, browser.cookies);
    expect(await later.visit((session) => session.data.visits)).toBe(1);
  });

  it.each([
    ['without the secret', {}],
    ['with another secret', { encrypt: { secret: NEW } }],
  ])('%s is a miss, told in diagnostics and once as a warning', async (_, options) => {
    const { app, browser } = await begun({ encrypt: { secret: OLD } });
    const sessions = otherServer(app, options);
    const loads = await loadsDuring(async () => {
      for (let visit = 0; visit < 2; visit++) {
        expect(await new Browser({ sessions }, browser.cookies).visit((session) => session.isNew)).toBe(true);
      }
    });
    expect(loads.map(({ outcome }) => outcome)).toEqual(['undecodable', 'undecodable']);
    expect(warning.mock.calls).toEqual([
      [expect.stringContaining('encrypt.secret'), { type: 'SessWarning', code: 'SESS_WRONG_KEY' }],
    ]);
  });

  it('does not read a record that was moved to the key of another session', async () => {
    const { app, browser } = await begun({ encrypt: { secret: OLD } });
    const rich = lastSaved(app);
    await browser.visit((session) => session.regenerate());
    await browser.visit((session) => void (session.data.user = 'USER_456'));
    await plant(app, rich);
    const loads = await loadsDuring(async () => expect(await browser.visit((session) => session.isNew)).toBe(true));
    expect(loads).toMatchObject([
      { outcome: 'undecodable', error: { message: expect.stringContaining('another key') } },
    ]);
  });

  it('does not read a record of a user’s that was given another epoch, or none', async () => {
    const { app, browser } = await begun({ encrypt: { secret: OLD }, userOf: (data) => data.user });
    const saved = lastSaved(app);
    const other = Buffer.from(saved);
    other.writeUInt8(other.readUInt8(1) ^ 1, 1);
    for (const forged of [other, saved.subarray(13)]) {
      await plant(app, forged);
      const loads = await loadsDuring(async () =>
        expect(await browser.copy().visit((session) => session.isNew)).toBe(true),
      );
      expect(loads).toMatchObject([
        { outcome: 'undecodable', error: { message: expect.stringContaining('another key') } },
      ]);
    }
  });

  it('can refuse what is not encrypted', async () => {
    const { app, browser } = await begun({});
    const strict = new Browser(
      { sessions: otherServer(app, { encrypt: { secret: OLD, plain: 'refuse' } }) },
      browser.cookies,
    );
    const loads = await loadsDuring(async () => expect(await strict.visit((session) => session.isNew)).toBe(true));
    expect(loads).toMatchObject([
      { outcome: 'undecodable', error: { message: expect.stringContaining('plain: "refuse"') } },
    ]);
  });

  it('can begin with servers that read it and do not write it yet', async () => {
    const { app } = await begun({ encrypt: { secret: OLD, plain: 'write' } });
    expect(lastSaved(app).toString('latin1', 20)).toContain('USER_123');
  });
});

/** Replaces the bytes of the last saved session. */
async function plant({ store }: Application, value: Buffer): Promise<void> {
  const key = store.saves.at(-1)?.key ?? '';
  const present = await (store as SessionStore).load(key);
  await store.save(key, value, { ttlSeconds: 3_600, expect: present ?? 'absent' });
}

describe('the options', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'something else as compress',
      { compress: 'gzip' },
      /"compress" is a text of 4 characters; expected true, or \{ aboveBytes, algorithm \}/,
    ],
    [
      'an unknown algorithm',
      { compress: { algorithm: 'zstd' } },
      /"compress.algorithm" is 'zstd'; expected 'deflate', 'brotli'/,
    ],
    [
      'a slip of the pen',
      { compress: { aboveByte: 1 } },
      /unknown option "compress.aboveByte": did you mean "compress.aboveBytes"/,
    ],
    ['a negative size', { compress: { aboveBytes: -1 } }, /"compress.aboveBytes" is -1/],
    [
      'a secret in place of the options',
      { encrypt: OLD },
      /^option "encrypt" is a text of \d+ characters; expected \{ secret \}/,
    ],
    ['no secret', { encrypt: {} }, /"encrypt.secret" is missing; expected .*32 bytes/],
    ['a short secret', { encrypt: { secret: [OLD, 'short'] } }, /"encrypt.secret\[1\]" has 5 bytes/],
    [
      'another word for plain',
      { encrypt: { secret: OLD, plain: 'never' } },
      /"encrypt.plain" is 'never'; expected 'write', 'read', 'refuse'/,
    ],
  ])('refuse %s', (_, options, message) => {
    const given = { store: memoryStore(), secret: SECRET, ...options };
    expect(() => createSessions(given)).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringMatching(message) }),
    );
  });
});
