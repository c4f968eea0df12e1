/** Items that a cart holds. A session is not a warehouse: it is read with every request. */
export const MAX_ITEMS = 100;

/** Longest name of a user or an item, in characters. */
export const MAX_LENGTH = 100;
