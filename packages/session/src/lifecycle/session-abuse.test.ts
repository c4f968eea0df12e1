import { describe, expect, it } from 'vitest';
import { application, Browser, SECRET, type Application } from '../../test/visit.ts';
import { cookieSigner } from '../cookie/cookie-signature.ts';
import { newSessionId } from '../cookie/session-id.ts';

const NAME = '__Host-sess';
const signer = cookieSigner([SECRET]);

function signed(id: string): string {
  return `${NAME}=${signer.sign(NAME, id)}`;
}

/** A request with this Cookie header, whose handler reads the session without an error. */
async function request({ sessions }: Application, cookieHeader: string | undefined): Promise<string | undefined> {
  const session = await sessions.open(cookieHeader, { secure: true, response: { headersSent: false } });
  expect(session.current.data).toEqual({});
  await session.commit();
  return session.takeCookie();
}

describe('a flood of requests', () => {
  it('without a cookie stores nothing, asks nothing and sets nothing', async () => {
    const app = application();
    for (let visit = 0; visit < 50_000; visit++) {
      const session = app.sessions.open(undefined, { secure: true, response: { headersSent: false } });
      if (session instanceof Promise) expect.unreachable();
      else if (session.commit() !== undefined || session.takeCookie() !== undefined) expect.unreachable();
    }
    expect(app.store.operations).toEqual([]);
  });

  it('with well-signed ids that nobody has costs one read each, and stores nothing', async () => {
    const app = application();
    for (let visit = 0; visit < 100; visit++) expect(await request(app, signed(newSessionId()))).toBeUndefined();
    expect(app.store.operations).toEqual(Array.from({ length: 100 }, () => 'load'));
  });
});

describe('a cookie that', () => {
  const id = newSessionId();
  const good = signer.sign(NAME, id);
  it.each<[string, string]>([
    [
      'was forged with another secret',
      `${NAME}=${cookieSigner(['another secret of thirty-two bytes!']).sign(NAME, id)}`,
    ],
    ['was signed for a cookie of another name', `${NAME}=${signer.sign('sess', id)}`],
    ['is an id without a signature', `${NAME}=${id}`],
    ['is cut off', `${NAME}=${good.slice(0, -1)}`],
    ['is empty', `${NAME}=`],
    ['is longer than it should be', `${NAME}=${good}x`],
    ['is of a megabyte', `${NAME}=${'x'.repeat(1_000_000)}`],
    ['brings commands', `${NAME}=x\r\nflush_all\r\n`],
    ['brings bytes that are no text', `${NAME}=${'\u0000\u00ff\uffff'.repeat(30)}`],
    [
      'came forged a thousand times',
      Array.from({ length: 1_000 }, (_, n) => `${NAME}=${good.slice(0, -4)}${String(n).padStart(4, '0')}`).join('; '),
    ],
    ['is called __proto__', `__proto__=${good}; constructor=${good}`],
  ])('%s costs no I/O, and is no error', async (_, header) => {
    const app = application();
    expect(await request(app, header)).toBeUndefined();
    expect(app.store.operations).toEqual([]);
  });

  it('came a thousand times costs one read', async () => {
    const app = application();
    await request(app, Array.from({ length: 1_000 }, () => signed(id)).join('; '));
    expect(app.store.operations).toEqual(['load']);
  });

  it('came in a thousand well-signed forms costs sixteen reads', async () => {
    const app = application();
    await request(app, Array.from({ length: 1_000 }, () => signed(newSessionId())).join('; '));
    expect(app.store.operations).toEqual(Array.from({ length: 16 }, () => 'load'));
  });
});

describe('a payload', () => {
  it('with __proto__, constructor and prototype pollutes nothing, neither in this request nor in the next', async () => {
    const browser = new Browser(application());
    const body = '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}},"kept":1}';
    await browser.visit((session) => void (session.data.note = JSON.parse(body)));
    const note = await browser.visit((session) => session.data.note);
    expect(note).toEqual({ kept: 1 });
    expect(Object.keys(note as object)).toEqual(['kept']);
    expect(Object.assign({}, note)).not.toHaveProperty('isAdmin');
    expect({}).not.toHaveProperty('isAdmin');
  });

  it('that makes a session outgrow its limit is refused by name, and the session stays as it was', async () => {
    const app = application({ maxBytes: 1_000 });
    const browser = new Browser(app);
    await browser.visit((session) => void (session.data.cart = ['sku-1']));
    const growing = browser.visit((session) => session.data.cart?.push('x'.repeat(1_000)));
    await expect(growing).rejects.toMatchObject({
      code: 'SESS_TOO_LARGE',
      statusCode: 500,
      message: expect.stringContaining('maxBytes'),
    });
    expect(app.store.operations.filter((operation) => operation === 'save')).toHaveLength(1);
    expect(await browser.visit((session) => session.data)).toEqual({ cart: ['sku-1'] });
  });
});
