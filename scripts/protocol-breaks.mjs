/**
 * Rules of the protocol, each with a change that removes it from the simulated client: a simulation that does not
 * detect the change proves nothing about the rule. `in`: code of the bundle, which must occur exactly once; `out`
 * replaces it. `faults`: the only faults of the histories, for rules that histories with all faults hardly ever test.
 *
 * Some rules are missing, because hardly any history needs them beside the others. Tests show them:
 *
 * - a touch restores a missing copy: `operations/touch.test.ts`. A read restores it as well, and a client reads a session
 *   before it touches it
 * - the fences of the others are renewed before a node that lost its memory gets one: `lost-between-copies.test.ts`
 * - a write with a conflict gives way, and does not just remove its copies: `operations/write-overtaken.test.ts`
 */
export const BREAKS = {
  /** A view counts as agreed at once, while other clients still act on another one. */
  'agreement time': {
    profile: 'harsh',
    in: 'return intervalsToMs(intervals, INTERVALS_TO_AGREE)',
    out: 'return 0',
  },
  /** No write checks whether views changed during it. */
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
  /** Records that are written to an earlier owner outlive the time in which clients still ask that node. */
  'window cut': {
    profile: 'harsh',
    faults: ['a scale-up is undone'],
    in: 'return ttlSeconds === 0 ? left : Math.min(ttlSeconds, left);',
    out: 'return ttlSeconds;',
  },
  /**
   * A write begins on a first node that lost its memory, although another write may be between it and the next node.
   */
  'lost first': {
    profile: 'harsh',
    faults: ['node is flushed amid writes'],
    in: 'first.entry?.kind !== "record" && replies.some(',
    out: 'false && replies.some(',
  },
  /** An older copy that is on its way to a node is stored there although the node lost a newer record meanwhile. */
  reservation: {
    profile: 'harsh',
    faults: ['node is flushed again and again'],
    in: 'const isShared = ',
    out: 'const isShared = false && ',
  },
  /** What was read before the fence counts, where another client left a mark. */
  'read again': {
    profile: 'harsh',
    faults: ['node is flushed again and again'],
    in: 'if (held === void 0) return false;',
    out: 'if (held === void 0) return reply.entry !== void 0;',
  },
  /** The last confirmation that a client reads counts, although later ones were on nodes that it did not read. */
  'last confirmation': {
    profile: 'harsh',
    faults: ['everything restarts with another list'],
    in: 'if (hasGap) membership.caughtUp(',
    out: 'if (false) membership.caughtUp(',
  },
  /** While earlier owners are emptied, records that are written there stay there. */
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
