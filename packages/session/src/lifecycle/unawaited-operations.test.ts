import { array, assert, asyncProperty, boolean, constantFrom, oneof, tuple, type Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { application, Browser } from '../../test/visit.ts';
import type { Session } from '../session.ts';

/** One call or change in a handler; the handler either awaits it or does not. */
type Step = (session: Session) => Promise<unknown> | void;

const set =
  (key: 'note' | 'user' | 'visits', value: string | number): Step =>
  (session) =>
    session.set(key, value);
const regenerate: Step = (session) => session.regenerate();
const keepCart: Step = (session) => session.regenerate(['cart']);
const keepAll: Step = (session) => session.regenerate({ keep: true });
const destroy: Step = (session) => session.destroy();
const save: Step = (session) => session.save();
const reload: Step = (session) => session.reload();
const touch: Step = (session) => session.touch();
const update: Step = (session) => session.update((data) => void (data.visits = (data.visits ?? 0) + 1));
const assign: Step = (session) => void (session.data = { note: 'assigned' });

const handlers: Readonly<Record<string, readonly Step[]>> = {
  'regenerate twice': [regenerate, set('user', 'FIRST'), regenerate, set('note', 'second')],
  'regenerate three times': [regenerate, set('user', 'A'), regenerate, set('note', 'b'), regenerate, set('visits', 3)],
  'regenerate, then the same values again': [regenerate, set('user', 'BEFORE'), regenerate, set('user', 'BEFORE')],
  'regenerate that keeps a key, twice': [keepCart, set('user', 'FIRST'), keepCart, set('note', 'second')],
  'regenerate that keeps all, then none': [keepAll, set('user', 'FIRST'), regenerate, set('note', 'second')],
  'regenerate that keeps none, then all': [regenerate, set('user', 'FIRST'), keepAll, set('note', 'second')],
  'regenerate and save': [regenerate, set('user', 'FIRST'), save, set('note', 'second')],
  'save and regenerate': [set('user', 'FIRST'), save, regenerate, set('note', 'second')],
  'touch and regenerate': [touch, set('user', 'FIRST'), regenerate, set('note', 'second')],
  'update and regenerate': [update, set('user', 'FIRST'), regenerate, set('note', 'second')],
  'regenerate and update': [regenerate, set('user', 'FIRST'), update, set('note', 'second')],
  'regenerate, update and regenerate': [regenerate, update, regenerate, set('note', 'second'), update],
  'regenerate and other data': [regenerate, assign, regenerate, assign, set('user', 'SECOND')],
  'regenerate and destroy': [regenerate, set('user', 'FIRST'), destroy, set('note', 'second')],
  'destroy and regenerate': [set('note', 'before'), destroy, regenerate, set('user', 'SECOND')],
  'destroy, a change and regenerate': [destroy, set('user', 'FIRST'), regenerate, set('note', 'second')],
  'regenerate, destroy and regenerate': [regenerate, destroy, set('user', 'FIRST'), regenerate, set('note', 'second')],
  'destroy alone': [destroy, set('user', 'FIRST')],
  'reload alone': [set('user', 'FIRST'), reload, set('note', 'second')],
  'reload and regenerate': [set('visits', 1), reload, set('user', 'FIRST'), regenerate, set('note', 'second')],
  'regenerate and reload': [regenerate, set('user', 'FIRST'), save, reload, set('note', 'second')],
};

describe.each(Object.entries(handlers))('%s', (_, steps) => {
  it.each(['a visitor', 'somebody with data', 'somebody with another request under way'])(
    'leaves the same data whether or not the handler awaits it: %s',
    async (who) => {
      const run = async (awaits: boolean): Promise<unknown> => {
        const app = application();
        const browser = new Browser(app);
        if (who !== 'a visitor')
          await browser.visit((session) => void Object.assign(session.data, { user: 'BEFORE', cart: ['old'] }));
        let meddled = who !== 'somebody with another request under way';
        const session = await browser.open();
        app.store.beforeEach('save', async () => {
          if (meddled) return;
          meddled = true;
          await browser.copy().visit((other) => void (other.data.cart = ['of another request']));
        });
        for (const step of steps) {
          const ended = step(session);
          if (awaits) await ended;
        }
        await browser.close(session);
        return browser.visit(({ data }) => ({ ...data }));
      };
      expect(await run(false)).toEqual(await run(true));
    },
  );
});

const setAny: Arbitrary<Step> = tuple(constantFrom('note', 'user'), constantFrom('a', 'b', 'BEFORE')).map(
  ([key, value]) => set(key, value),
);
// Without `reload`: it finds what an earlier save stored, and a save may store changes made after its call.
const callAny = constantFrom(regenerate, keepCart, keepAll, destroy, save, touch, update);

it('leaves the same data whether or not the handler awaits its calls, in any order', async () => {
  const app = application();
  const run = async (steps: readonly Step[], isKnown: boolean, awaits: boolean): Promise<unknown> => {
    const browser = new Browser(app);
    if (isKnown) await browser.visit((session) => void Object.assign(session.data, { user: 'BEFORE', cart: ['old'] }));
    const session = await browser.open();
    for (const step of steps) {
      // A save after a logout fails, whether or not the handler awaits it.
      const ended = Promise.allSettled([step(session)]);
      if (awaits) await ended;
    }
    await browser.close(session);
    return browser.visit(({ data }) => ({ ...data }));
  };
  await assert(
    asyncProperty(array(oneof(setAny, callAny), { maxLength: 8 }), boolean(), async (steps, isKnown) => {
      expect(await run(steps, isKnown, false)).toEqual(await run(steps, isKnown, true));
    }),
    { numRuns: 200 },
  );
});

describe('what a handler sets after a call that it does not await', () => {
  it('stays the object that it set', async () => {
    const browser = new Browser(application());
    await browser.visit(async (session) => {
      const ended = [session.regenerate(), session.regenerate()];
      const cart: string[] = [];
      session.data.cart = cart;
      await Promise.all(ended);
      cart.push('later');
    });
    expect(await browser.visit(({ data }) => data.cart)).toEqual(['later']);
  });

  it('fails the save if it can not be stored', async () => {
    const browser = new Browser(application());
    const session = await browser.open();
    void session.regenerate();
    session.data.note = 1n;
    await expect(browser.close(session)).rejects.toMatchObject({ code: 'SESS_BAD_DATA' });
  });
});
