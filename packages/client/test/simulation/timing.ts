/** The pace of simulated clients: the product's proportions, some of it faster so that a history is short. */
export const TIMEOUT_MS = 100;
export const HISTORY_INTERVAL_MS = 2_000;
export const CLOCK_SKEW_MS = 300;
export const TTL_SECONDS = 120;
/** Three intervals, the skew, and the time for the last of it to be heard of. */
export const AGREEMENT_MS: number = 4 * HISTORY_INTERVAL_MS + CLOCK_SKEW_MS + 2_000;

/** After which, with everything healed, every session can be read and every node is in rotation. */
export const PATIENCE_MS: number = 9 * HISTORY_INTERVAL_MS + 2_000;
