/**
 * The excuses: faults that are no violation, each with the sentence of `docs/scaling.md` that documents it. Every use
 * is counted and printed at the end of a run.
 */
export const UNPROMISED = {
  'all copies were lost': 'Two nodes lost at once with `copies: 2`, or one with `copies: 1`: what only they held.',
  'only an earlier owner is left':
    'An earlier owner, such as a node that is being drained, counts as lost: its copy may end before the session, with the handover.',
  'a node was cut off': 'A node that hangs or is cut off and returns with old data: a short stale read is possible.',
  'no node in reach knew of the deletion':
    'A node that returns with old data while every node that knows of a deletion is out of reach: the destroyed session may be read.',
  'processes reach different nodes':
    'A node that one application server reaches and another does not: an older state of a session may be seen, and a change be lost, until they agree.',
  'a name leads to different machines':
    'which machine a name leads to (a node replaced under its name, until all have heard of the new address), a change may be lost that one of them acknowledged',
  'a node left before anybody noticed that it was back':
    'With `copies: 1`, a node that hung or was cut off and leaves the list before the application servers have noticed that it is back: what only it holds, as if it had not come back.',
  'the history was lost and nobody knew it':
    'The history evicted from every node by memcached while no application server runs that knows it: sessions that only an earlier owner holds.',
  'the tombstone was lost while an old copy was out of reach':
    'A tombstone that memcached evicted for lack of memory, or that was lost with its only node, while an old copy was out of reach',
  'a copy was lost and every other was out of reach':
    'A copy lost, by eviction or with its node, while every other copy is on a node that is out of reach, or goes out of reach before a read or a rereplication restores the copy: a change may be made to an older copy, on a node that hung or was cut off before.',
  'its life was over': 'A session lives for the time to live of its last write or touch, and up to a second less.',
} as const;

export type Unpromised = keyof typeof UNPROMISED;
