/** Reads and checks members of a JSON input. */
import { validation } from '../api/aws-error.ts';

export type Input = Readonly<Record<string, unknown>>;

/** @throws AwsError if the member is missing */
export function text(input: Input, name: string): string {
  const value = optionalText(input, name);
  if (value === undefined)
    throw validation(
      `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must not be null`,
    );
  return value;
}

export function optionalText(input: Input, name: string): string | undefined {
  const value = input[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function number(input: Input, name: string): number | undefined {
  const value = input[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function flag(input: Input, name: string): boolean {
  return input[name] === true;
}

/** An object member; an empty object if there is none. */
export function record(input: Input, name: string): Input {
  const value = input[name];
  return typeof value === 'object' && value !== null ? (value as Input) : {};
}

export function list(input: Input, name: string): readonly Input[] {
  const value = input[name];
  return Array.isArray(value) ? value.filter((one): one is Input => typeof one === 'object' && one !== null) : [];
}
