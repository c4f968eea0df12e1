/** Most items in a cart. Sessions must stay small: every request reads them. */
export const MAX_ITEMS = 100;

/** Longest name of a user or an item, in characters. */
export const MAX_LENGTH = 100;
