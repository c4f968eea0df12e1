/**
 * Rules of the protocol, each with how to take it out of the simulated client: a simulation that does not notice that
 * proves nothing about the rule. `faults`: what strikes, where hardly a history shows it that is drawn from all. `in` is code as it stands in the bundle; it must be there once.
 *
 * Not here: that a touch restores a lacking copy. A read does that, too, and whoever touches a session has read it before,
 * so no history shows the difference. `operations/touch.test.ts` does.
 */
export const BREAKS = {
  /** A view is taken for agreed at once, while others still act on another. */
  'agreement time': {
    profile: 'harsh',
    in: 'return intervalsToMs(intervals, INTERVALS_TO_AGREE)',
    out: 'return 0',
  },
  /** Nobody looks whether views changed behind a write. */
  fence: {
    profile: 'harsh',
    faults: ['node stops behind a late list'],
    in: 'check.settle(this.#compare(tokens));',
    out: 'check.settle(true);',
  },
  /** Earlier views are forgotten as soon as they are agreed, before their window closes. */
  pruning: {
    profile: 'usual',
    in: 'return this.agreedAfter(id, entry, now) + this.#lengthMs(entry);',
    out: 'return this.agreedAfter(id, entry, now);',
  },
  /** What is written to an earlier owner lives on when nobody asks that node any more. */
  'window cut': {
    profile: 'harsh',
    faults: ['a scale-up is undone'],
    in: 'return ttlSeconds === 0 ? left : Math.min(ttlSeconds, left);',
    out: 'return ttlSeconds;',
  },
  /** A node that lost its memory gets a fence, and copies, while writers may still be between it and the next node. */
  renewal: {
    profile: 'harsh',
    faults: ['node is flushed amid writes'],
    in: 'blank.size > 0 && !blank.has(node)',
    out: 'false',
  },
  /** A writer stores on a first node that lost its memory, though another write may be between it and the next node. */
  'lost first': {
    profile: 'harsh',
    faults: ['node is flushed amid writes'],
    in: 'first.entry === void 0 && replies.some(',
    out: 'false && replies.some(',
  },
  /** A write that met a conflict leaves what it had stored on the first node. */
  'take back': {
    profile: 'harsh',
    faults: ['node is flushed amid writes'],
    in: 'await placed.takeBackAll();',
    out: '',
  },
  /** While earlier owners are emptied, what a writer puts there stays there. */
  closing: {
    profile: 'harsh finishing',
    faults: ['a scale-up is undone'],
    in: 'else if (!elderEndsAt.has(id)) (closing ??= /* @__PURE__ */ new Set()).add(id);',
    out: '',
  },
};

/** The bundle without the rule. */
export function broken(code, name) {
  const { in: found, out } = BREAKS[name];
  const parts = code.split(found);
  if (parts.length !== 2)
    throw new Error(
      `${JSON.stringify(found)} is ${parts.length - 1} times in the simulation: the rule "${name}" is written otherwise now.`,
    );
  return parts.join(out);
}
