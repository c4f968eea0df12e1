/** Settings with which the lab's clients agree on a change of nodes within 2 seconds, not 35. */
export const PACE = {
  /** How often a client reads and confirms the history, in milliseconds; by default every 10,000. */
  historyIntervalMs: 500,
  /** Default 5,000. All processes of the lab use the clock of one machine. */
  clockSkewMs: 100,
} as const;

/** As in an application whose client `createSessions` opens: a rolling deploy of another node list loses no session. */
export const HISTORY_SECRET = 'the same for all application servers of a lab';
