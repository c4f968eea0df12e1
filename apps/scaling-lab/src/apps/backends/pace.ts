/** How the clients of the lab agree on a change of nodes: within two seconds rather than 35. */
export const PACE = {
  /** How often a client reads and confirms the history, in milliseconds; by default every 10,000. */
  historyIntervalMs: 500,
  /** One machine has one clock; by default 5,000 ms are allowed for. */
  clockSkewMs: 100,
} as const;

/** As an application has it that lets createSessions open the client: then lists of nodes roll without loss. */
export const HISTORY_SECRET = 'the same for all application servers of a lab';
