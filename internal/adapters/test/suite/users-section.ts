import type { Browser } from '@sess/conformance';
import type { SessionData } from '@sess/session';
import { expect, it } from 'vitest';
import type { Open } from './bench.ts';
import { Gate } from './gate.ts';

const userOf = (data: SessionData): string | undefined => data.user;

const isIn = async (browser: Browser): Promise<boolean> =>
  JSON.stringify(await browser.json('/user')).includes('USER_123');

export function usersSection(open: Open): void {
  it('stays ended where it wants to be the exception in a request that was under way when all were revoked', async () => {
    const gate = new Gate();
    await using bench = await open(
      {
        '/password': async ({ session }) => {
          session.data.note = 'new password';
          await gate.pass();
          await session.revokeOthers();
          return {};
        },
      },
      { userOf },
    );
    // Without a list, nothing but the epoch ends them.
    Reflect.deleteProperty(bench.store, 'ofUser');
    const [thief, owner] = [await bench.loggedIn(), await bench.loggedIn()];
    const late = thief.copy().get('/password');
    await gate.begun;
    await bench.app.sessions.revokeUser('USER_123');
    gate.open();
    const { status, headers } = await late;
    expect([status, headers.get('set-cookie')]).toEqual([409, null]);
    expect([await isIn(thief), await isIn(owner)]).toEqual([false, false]);
    expect(await isIn(await bench.loggedIn())).toBe(true);
  });

  it('is the one that stays after its user’s others were revoked', async () => {
    await using bench = await open(
      { '/password': async ({ session }) => (await session.revokeOthers(), {}) },
      { userOf },
    );
    const [mine, phone] = [await bench.loggedIn(), await bench.loggedIn()];
    expect((await mine.get('/password')).status).toBe(200);
    expect([await isIn(mine), await isIn(phone)]).toEqual([true, false]);
  });

  it('ends by its key in the list of its user, for a request under way, too, and no other does', async () => {
    const gate = new Gate();
    await using bench = await open(
      {
        '/slow': async ({ session }) => {
          await gate.pass();
          session.data.note = 'late';
          return {};
        },
      },
      { userOf },
    );
    const phone = await bench.loggedIn();
    const [listed] = await bench.app.sessions.ofUser('USER_123');
    const laptop = await bench.loggedIn();
    const late = phone.copy().get('/slow');
    await gate.begun;
    expect(await bench.app.sessions.end('USER_456', listed?.key ?? '')).toBe(false);
    expect(await bench.app.sessions.end('USER_123', listed?.key ?? '')).toBe(true);
    gate.open();
    await late;
    expect([await isIn(phone), await isIn(laptop)]).toEqual([false, true]);
    expect(await bench.app.sessions.ofUser('USER_123')).toHaveLength(1);
  });
}
