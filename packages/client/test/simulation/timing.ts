/** Timing of simulated clients: in the product's proportions, partly faster to keep histories short. */
export const TIMEOUT_MS = 100;
export const HISTORY_INTERVAL_MS = 2_000;
export const CLOCK_SKEW_MS = 300;
export const TTL_SECONDS = 120;
/** Three intervals, the skew, and time for the last news to spread. */
export const AGREEMENT_MS: number = 4 * HISTORY_INTERVAL_MS + CLOCK_SKEW_MS + 2_000;

/** Time after healing until every session must be readable and every node in rotation. */
export const PATIENCE_MS: number = 9 * HISTORY_INTERVAL_MS + 2_000;
