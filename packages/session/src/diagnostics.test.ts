import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { application, loggedIn, Browser, outage } from '../test/visit.ts';

const CHANNELS = ['load', 'save', 'conflict', 'destroy', 'new-id'];

let events: [channel: string, payload: unknown][] = [];
const note = (payload: unknown, channel: string | symbol): void =>
  void events.push([String(channel).replace('sess:session:', ''), payload]);

beforeEach(() => {
  events = [];
  for (const name of CHANNELS) subscribe(`sess:session:${name}`, note);
});
afterEach(() => {
  for (const name of CHANNELS) unsubscribe(`sess:session:${name}`, note);
});

describe('diagnostics', () => {
  it('tell why a session was saved, touched, or left alone', async () => {
    const app = application();
    const browser = new Browser(app);
    await browser.visit(() => {});
    await browser.visit((session) => void (session.data.user = 'USER_123'));
    await browser.visit((session) => session.data.user);
    await browser.visit((session) => void (session.data.user = 'USER_456'));
    app.passSeconds(360);
    await browser.visit(() => {});
    await browser.visit((session) => session.destroy());
    const store = 'memory';
    expect(events).toEqual([
      ['save', { store, reason: 'empty', outcome: 'skipped' }],
      ['save', { store, reason: 'new', outcome: 'written' }],
      ['load', { store, outcome: 'hit' }],
      ['save', { store, reason: 'unchanged', outcome: 'skipped' }],
      ['load', { store, outcome: 'hit' }],
      ['save', { store, reason: 'changed', outcome: 'written' }],
      ['load', { store, outcome: 'hit' }],
      ['save', { store, reason: 'touch-due', outcome: 'touched' }],
      ['load', { store, outcome: 'hit' }],
      ['destroy', { store, reason: 'asked', outcome: 'destroyed' }],
      ['save', { store, reason: 'destroyed', outcome: 'skipped' }],
    ]);
  });

  it('tell that a touch was dropped, because the session expired while the request ran', async () => {
    const { app, browser } = await loggedIn();
    app.passSeconds(400);
    const slow = await browser.open();
    app.passSeconds(3_600);
    events = [];
    await browser.close(slow);
    expect(events).toEqual([['save', { store: 'memory', reason: 'touch-due', outcome: 'dropped' }]]);
  });

  it('tell of failures, conflicts and what was dropped', async () => {
    const app = application();
    const browser = new Browser(app);
    app.store.beforeNext('save', outage);
    await browser.visit((session) => void (session.data.user = 'USER_123'));
    app.store.beforeNext('load', outage);
    await browser.visit(() => {});
    const slow = await browser.open();
    slow.data.note = 'late';
    await browser.copy().visit((session) => session.destroy());
    await browser.close(slow);
    await new Browser(app).visit((session) => void (session.data.note = 1n)).catch(() => {});
    expect(events).toMatchObject([
      ['new-id', { attempt: 1, error: { code: 'SESS_UNAVAILABLE' } }],
      ['save', { reason: 'new', outcome: 'written' }],
      ['load', { outcome: 'unavailable', error: { code: 'SESS_UNAVAILABLE' } }],
      ['save', { reason: 'unavailable' }],
      ['load', { outcome: 'hit' }],
      ['load', { outcome: 'hit' }],
      ['destroy', { outcome: 'destroyed' }],
      ['save', { reason: 'destroyed' }],
      ['conflict', { attempt: 1 }],
      ['load', { outcome: 'miss' }],
      ['save', { reason: 'changed', outcome: 'dropped', error: { code: 'SESS_DESTROYED' } }],
      ['save', { reason: 'new', outcome: 'failed', error: { code: 'SESS_BAD_DATA' } }],
    ]);
  });

  it('never show an id, a key or a value', async () => {
    const app = application();
    const browser = new Browser(app);
    const ids: string[] = [];
    await browser.visit((session) => void (session.data.user = 'USER_123'));
    await browser.visit(async (session) => {
      ids.push(session.id);
      await session.regenerate({ keep: true });
      ids.push(session.id);
    });
    await browser.visit((session) => session.destroy());
    const shown = inspect(events, { depth: 9, showHidden: true });
    for (const secret of [...ids, ...app.store.saves.map(({ key }) => key), 'USER_123'])
      expect(shown).not.toContain(secret);
  });
});
