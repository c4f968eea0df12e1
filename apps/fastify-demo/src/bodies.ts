import { MAX_LENGTH } from '@sess/demo-app';

type JsonSchema = Readonly<Record<string, unknown>>;

/** The schema of an object with one string. */
function objectWith(field: string): JsonSchema {
  return {
    type: 'object',
    required: [field],
    properties: { [field]: { type: 'string', minLength: 1, maxLength: MAX_LENGTH } },
  };
}

export interface LoginBody {
  readonly user: string;
}

/** JSON Schema of `POST /login`. */
export const LOGIN_BODY: JsonSchema = objectWith('user');

export interface CartBody {
  readonly item: string;
}

/** JSON Schema of `POST /cart`. */
export const CART_BODY: JsonSchema = objectWith('item');

/** Converts a validation failure to an error that says what to send. */
export function bodyError(
  failures: readonly { readonly instancePath: string; readonly message?: string | undefined }[],
): Error {
  const [failure] = failures;
  const where = failure?.instancePath ? `body.${failure.instancePath.slice(1)}` : 'the body';
  return new Error(
    `${where} ${failure?.message ?? 'is not valid'}; send JSON such as {"user":"USER_123"} to /login, {"item":"sku-1"} to /cart`,
  );
}
