/** The session data and the answer of every server: a cart of 20 items. */
export interface Cart {
  readonly user: string;
  readonly items: { readonly sku: string; quantity: number }[];
}

/**
 * The measured requests: a page that shows the cart, a change of its first item, and the login of a visitor without a
 * session.
 */
export const ROUTES = {
  read: { method: 'GET', path: '/cart', title: 'a page: GET of a 20-item cart' },
  change: { method: 'POST', path: '/cart/items', title: 'a change: POST, one more of an item' },
  login: { method: 'POST', path: '/login', title: 'a login: POST of a visitor without a session, under a new id' },
} as const;
export type Route = keyof typeof ROUTES;

export function fullCart(): Cart {
  return {
    user: 'USER_123',
    items: Array.from({ length: 20 }, (_, index) => ({ sku: `SKU-${1000 + index}`, quantity: 1 + (index % 3) })),
  };
}

/** Changes the cart in place, as applications do. The cart keeps its size. */
export function addOne({ items: [first] }: Cart): void {
  if (first !== undefined) first.quantity = (first.quantity % 9) + 1;
}

export const SECRET = 'a secret for benchmarks only, which has more than 32 bytes';
export const TTL_SECONDS = 3600;
