import { MAX_LENGTH } from '@sess/demo-app';
import type { Context } from 'koa';

/**
 * The string under `field` of the JSON body.
 *
 * @throws a 400 that says what to send
 */
export function bodyText(ctx: Context, field: string, example: string): string {
  const body: unknown = ctx.request.body;
  const value =
    typeof body === 'object' && body !== null && field in body
      ? (body as Readonly<Record<string, unknown>>)[field]
      : undefined;
  if (typeof value === 'string' && value.length > 0 && value.length <= MAX_LENGTH) return value;
  const found =
    value === undefined
      ? 'is missing'
      : typeof value === 'string'
        ? `has ${value.length} characters`
        : `is a ${typeof value}`;
  return ctx.throw(
    400,
    `body.${field} ${found}; it must be a text of 1 to ${MAX_LENGTH} characters: send JSON such as {"${field}":"${example}"}`,
  );
}
