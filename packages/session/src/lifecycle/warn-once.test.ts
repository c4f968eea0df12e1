import { afterEach, describe, expect, it, vi } from 'vitest';
import { application, Browser } from '../../test/visit.ts';

const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
afterEach(() => void warning.mockClear());

async function plainVisit(secure: 'auto' | boolean): Promise<void> {
  const { sessions } = application({ secure });
  for (let visit = 0; visit < 3; visit++) {
    const session = await sessions.open(undefined, { secure: false, response: { headersSent: false } });
    session.current.data.user = 'USER_123';
    await session.commit();
    session.takeCookie();
  }
}

describe('warnings', () => {
  it('tell once of a cookie that is sent over plain HTTP, and what to do', async () => {
    await plainVisit('auto');
    expect(warning.mock.calls).toEqual([
      [expect.stringMatching(/trustProxy.*secure: true/), { type: 'SessWarning', code: 'SESS_PLAIN_HTTP' }],
    ]);
  });

  it.each([true, false])('are silent where secure is %s', async (secure) => {
    await plainVisit(secure);
    expect(warning).not.toHaveBeenCalled();
  });

  it('tell once of a session that was begun too late, and it is not stored', async () => {
    const app = application();
    for (let visit = 0; visit < 2; visit++) {
      const browser = new Browser(app);
      const session = await browser.open({ headersSent: true });
      session.data.user = 'USER_123';
      await browser.close(session);
    }
    expect(warning.mock.calls).toEqual([
      [expect.stringContaining('reply.hijack()'), { type: 'SessWarning', code: 'SESS_LATE_SESSION' }],
    ]);
    expect(app.store.operations).toEqual([]);
  });
});
