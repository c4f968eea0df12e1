import { describe, expect, it } from 'vitest';
import { application, Browser, outage, SECRET } from '../../test/visit.ts';
import { cookieSigner } from './cookie-signature.ts';
import { newSessionId } from './session-id.ts';

const NAME = '__Host-sess';
const signer = cookieSigner([SECRET]);

/** An application with two logged-in visitors. */
async function twoVisitors() {
  const app = application();
  const visitors = [new Browser(app), new Browser(app)] as const;
  for (const [index, visitor] of visitors.entries())
    await visitor.visit((session) => void (session.data.user = `USER_${index}`));
  const [first, second] = visitors.map((visitor) => visitor.cookieHeader ?? '');
  return { app, visitors, first: first ?? '', second: second ?? '' };
}

describe('a visitor whose browser sends several cookies of the name', () => {
  const forged = Array.from(
    { length: 180 },
    (_, n) => `${NAME}=${cookieSigner(['another secret of thirty-two bytes!']).sign(NAME, `${n}`)}`,
  );
  it.each<[string, string]>([
    ['a hundred that are junk', Array.from({ length: 100 }, (_, n) => `${NAME}=${n}`).join('; ')],
    ['as many as a browser keeps, of the right form', forged.join('; ')],
    ['one with an empty value', `${NAME}=`],
    ['one without an equals sign', NAME],
    ['one whose name begins with a no-break space', `\u00a0${NAME}=x`],
    ['a dozen that are well signed, of sessions that have ended', Array.from({ length: 12 }, () => ended()).join('; ')],
  ])('has the session of the good one behind %s', async (_, junk) => {
    const { app, first } = await twoVisitors();
    const session = await app.sessions.open(`${junk}; ${first}`, { secure: true, response: { headersSent: false } });
    expect(session.current.data.user).toBe('USER_0');
  });

  it('is logged out of both by a logout', async () => {
    const { app, visitors, first, second } = await twoVisitors();
    const session = await app.sessions.open(`${first}; ${second}`, { secure: true, response: { headersSent: false } });
    await session.current.destroy();
    await session.commit();
    expect(session.takeCookie()).toContain('Max-Age=0');
    for (const visitor of visitors) expect(await visitor.visit(({ data }) => data.user)).toBeUndefined();
  });

  it('is logged out of both where one had ended already', async () => {
    const { app, visitors, second } = await twoVisitors();
    const session = await app.sessions.open(`${ended()}; ${second}`, {
      secure: true,
      response: { headersSent: false },
    });
    await session.current.destroy();
    expect(await visitors[1].visit(({ data }) => data.user)).toBeUndefined();
  });

  it('is told where one of them could not be ended, and can try again', async () => {
    const { app, visitors, first, second } = await twoVisitors();
    const session = await app.sessions.open(`${first}; ${second}`, { secure: true, response: { headersSent: false } });
    app.store.beforeEach('destroy', outage);
    await expect(session.current.destroy()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    app.store.beforeEach('destroy', undefined);
    await session.current.destroy();
    for (const visitor of visitors) expect(await visitor.visit(({ data }) => data.user)).toBeUndefined();
  });
});

/** A validly signed cookie of a session that is not in the store. */
function ended(): string {
  return `${NAME}=${signer.sign(NAME, newSessionId())}`;
}
