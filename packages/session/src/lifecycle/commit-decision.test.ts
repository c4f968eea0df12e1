import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideCommit, type CommitFacts, type CommitReason } from './commit-decision.ts';

const NOTHING: CommitFacts = {
  destroyed: false,
  stored: false,
  empty: false,
  changed: false,
  renewalDue: false,
  touchDue: false,
  secretRotated: false,
  readOnly: false,
  headersSent: false,
  cacheable: false,
  touchSetsCookie: false,
  unavailable: false,
  newIdUsed: false,
};

describe('decideCommit', () => {
  it.each<[CommitReason, Partial<CommitFacts>]>([
    ['empty', { empty: true }],
    ['new', {}],
    ['headers-sent', { headersSent: true }],
    ['destroyed', { destroyed: true }],
    ['unchanged', { stored: true }],
    ['changed', { stored: true, changed: true }],
    ['changed', { stored: true, changed: true, empty: true }],
    ['changed', { stored: true, changed: true, touchDue: true, secretRotated: true }],
    ['touch-due', { stored: true, touchDue: true }],
    ['secret-rotated', { stored: true, secretRotated: true }],
    ['unavailable', { unavailable: true }],
    ['new-id-used', { stored: true, newIdUsed: true, touchDue: true }],
    ['renewal-due', { stored: true, renewalDue: true, changed: true, touchDue: true }],
    ['changed', { stored: true, renewalDue: true, changed: true, headersSent: true }],
    ['unchanged', { stored: true, renewalDue: true, secretRotated: true, headersSent: true }],
    ['unchanged', { stored: true, renewalDue: true, secretRotated: true, cacheable: true }],
    ['changed', { stored: true, renewalDue: true, changed: true, cacheable: true }],
    ['touch-due', { stored: true, renewalDue: true, touchDue: true, cacheable: true }],
    ['unchanged', { stored: true, touchDue: true, cacheable: true, touchSetsCookie: true }],
    ['touch-due', { stored: true, touchDue: true, touchSetsCookie: true }],
  ])('says %s for %j', (reason, facts) => {
    expect(decideCommit({ ...NOTHING, ...facts })).toBe(reason);
  });

  it('stores nothing for a visitor without data, and nothing of a destroyed session, whatever else is so', () => {
    const bool = fc.boolean();
    const facts = fc.record<CommitFacts>({
      destroyed: bool,
      stored: bool,
      empty: bool,
      changed: bool,
      renewalDue: bool,
      touchDue: bool,
      secretRotated: bool,
      readOnly: bool,
      headersSent: bool,
      cacheable: bool,
      touchSetsCookie: bool,
      unavailable: bool,
      newIdUsed: bool,
    });
    fc.assert(
      fc.property(facts, (given) => {
        const reason = decideCommit(given);
        if (given.destroyed) expect(reason).toBe('destroyed');
        else if (given.unavailable) expect(reason).toBe('unavailable');
        else if (!given.stored && given.empty) expect(reason).toBe('empty');
        if (given.stored && given.readOnly && !given.destroyed && !given.unavailable) {
          expect(reason).toBe(given.changed ? 'read-only' : 'unchanged');
          return;
        }
        if (given.headersSent) expect(['new', 'renewal-due', 'secret-rotated']).not.toContain(reason);
        if (given.stored && given.changed && !given.destroyed && !given.unavailable)
          expect(['changed', 'renewal-due']).toContain(reason);
      }),
    );
  });
});
