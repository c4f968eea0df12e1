/** What every server keeps in the session and answers with: a cart of 20 items. */
export interface Cart {
  readonly user: string;
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
}

export function fullCart(): Cart {
  return { user: 'USER_123', items: Array.from({ length: 20 }, (_, index) => ({ sku: `SKU-${1000 + index}`, quantity: 1 + (index % 3) })) };
}

export const SECRET = 'a secret for benchmarks only, which has more than 32 bytes';
export const TTL_SECONDS = 3600;
