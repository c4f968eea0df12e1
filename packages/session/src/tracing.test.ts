import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { application, loggedIn, Browser, outage } from '../test/visit.ts';
import { sessionChannels, type SessionOperation, type SessionOperationContext } from './tracing.ts';

const OPERATIONS: readonly SessionOperation[] = ['load', 'save', 'touch', 'destroy'];
const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

let heard: { readonly event: string; readonly context: SessionOperationContext }[] = [];
beforeEach(() => void (heard = []));

/** Subscribes by the channels' names, as an application would. */
function listen(): void {
  for (const operation of OPERATIONS) {
    const channel = tracingChannel<unknown, SessionOperationContext>(`@sess/session:${operation}`);
    for (const event of EVENTS) {
      const note = (context: unknown): void => void heard.push({ event, context: context as SessionOperationContext });
      channel[event].subscribe(note);
      onTestFinished(() => channel[event].unsubscribe(note));
    }
  }
}

async function everything(): Promise<void> {
  const { browser } = await loggedIn();
  await browser.visit((session) => session.touch());
  await browser.visit((session) => session.destroy());
}

/** The ended operations, as `operation reason result`. */
function ended(): string[] {
  return heard
    .filter(({ event }) => event === 'asyncEnd')
    .map(({ context: { operation, reason, result } }) => [operation, reason, result].filter(Boolean).join(' '));
}

describe('@sess/session:load, :save, :touch and :destroy', () => {
  it('tell what was done with a session, why, and what came of it', async () => {
    const app = application();
    const browser = new Browser(app);
    listen();
    await browser.visit(() => {});
    await browser.visit((session) => void (session.data.user = 'USER_123'));
    await browser.visit((session) => session.data.user);
    await browser.visit((session) => void (session.data.user = 'USER_456'));
    app.passSeconds(360);
    await browser.visit(() => {});
    await browser.visit((session) => session.regenerate({ keep: true }));
    await browser.visit((session) => session.touch());
    await browser.visit((session) => session.update((data) => void (data.visits = 1)));
    const former = browser.copy();
    await browser.visit((session) => session.destroy());
    await former.visit((session) => session.data.user);
    expect(ended()).toEqual([
      'save new written',
      'load hit',
      'load hit',
      'save changed written',
      'load hit',
      'save touch-due touched',
      'load hit',
      'destroy regenerated destroyed',
      'save regenerated written',
      'load hit',
      'load hit',
      'touch touched',
      'load hit',
      'save asked written',
      'load hit',
      'destroy asked destroyed',
      'load miss',
    ]);
    for (const { context } of heard) expect(context.store).toBe('memory');
  });

  it('tell one operation in one context, from its start to its end', async () => {
    const browser = new Browser(application());
    listen();
    await browser.visit((session) => void (session.data.user = 'USER_123'));
    expect(heard.map(({ event }) => event)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    expect(new Set(heard.map(({ context }) => context)).size).toBe(1);
  });

  it('tell failures, also those that the request goes on without', async () => {
    const { app, browser } = await loggedIn();
    app.passSeconds(360);
    listen();
    app.store.beforeNext('load', outage);
    await browser.visit(() => {});
    app.store.beforeNext('touch', outage);
    await browser.visit(() => {});
    app.store.beforeNext('save', outage);
    await browser.visit((session) => void (session.data.user = 'USER_456')).catch(() => {});
    app.store.beforeNext('destroy', outage);
    await browser.visit((session) => session.destroy()).catch(() => {});
    const failed = heard.filter(({ event }) => event === 'error').map(({ context }) => context);
    expect(failed).toMatchObject(
      ['load', 'save', 'save', 'destroy'].map((operation) => ({ operation, error: { code: 'SESS_UNAVAILABLE' } })),
    );
    for (const context of failed) expect(context).not.toHaveProperty('result');
  });

  it('hold no id, no key and no value', async () => {
    const app = application();
    const browser = new Browser(app);
    listen();
    const ids: string[] = [];
    await browser.visit((session) => void (session.data.user = 'USER_123'));
    app.store.beforeNext('save', outage);
    await browser.visit((session) => void (session.data.user = 'USER_456')).catch(() => {});
    await browser.visit(async (session) => {
      ids.push(session.id);
      await session.regenerate({ keep: true });
      ids.push(session.id);
    });
    await browser.visit((session) => session.destroy());
    const shown = inspect(heard, { depth: Infinity, showHidden: true });
    for (const secret of [...ids, ...app.store.saves.map(({ key }) => key), 'USER_123', 'USER_456'])
      expect(shown).not.toContain(secret);
  });

  it('carry what a subscriber binds to what is asked of the store', async () => {
    const app = application();
    const storage = new AsyncLocalStorage<string>();
    const { start } = tracingChannel<string, SessionOperationContext>('@sess/session:save');
    start.bindStore(storage, ({ reason }) => `the span of a save: ${reason}`);
    onTestFinished(() => void start.unbindStore(storage));
    const seen: unknown[] = [];
    app.store.beforeNext('save', () => void seen.push(storage.getStore()));
    await new Browser(app).visit((session) => void (session.data.user = 'USER_123'));
    expect(seen).toEqual(['the span of a save: new']);
  });

  it('make no context, and call nothing of Node.js, while nobody listens', async () => {
    const calls = OPERATIONS.map((operation) => vi.spyOn(sessionChannels[operation], 'tracePromise'));
    onTestFinished(() => void vi.restoreAllMocks());
    await everything();
    for (const call of calls) expect(call).not.toHaveBeenCalled();
    listen();
    await everything();
    for (const call of calls) expect(call).toHaveBeenCalled();
  });
});
