/** Longest name of a user or an item, in characters. */
const MAX_LENGTH = 100;

const text = { type: 'string', minLength: 1, maxLength: MAX_LENGTH } as const;

export interface LoginBody {
  readonly user: string;
}

/** JSON Schema of `POST /login`. */
export const LOGIN_BODY = { type: 'object', required: ['user'], properties: { user: text } } as const;

export interface CartBody {
  readonly item: string;
}

/** JSON Schema of `POST /cart`. */
export const CART_BODY = { type: 'object', required: ['item'], properties: { item: text } } as const;

/** Turns a failed check into words that say what to send. */
export function bodyError(failures: readonly { readonly instancePath: string; readonly message?: string | undefined }[]): Error {
  const [failure] = failures;
  const where = failure?.instancePath ? `body.${failure.instancePath.slice(1)}` : 'the body';
  return new Error(`${where} ${failure?.message ?? 'is not valid'}; send JSON such as {"user":"USER_123"} to /login, {"item":"sku-1"} to /cart`);
}
