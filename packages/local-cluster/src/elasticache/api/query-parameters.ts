import { invalidValue } from './aws-error.ts';

/** Parameters of the query protocol: `NumCacheNodes=3`, `CacheNodeIdsToRemove.CacheNodeId.1=0003`. */
export class QueryParameters {
  readonly #values: URLSearchParams;

  constructor(body: string) {
    this.#values = new URLSearchParams(body);
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return value === null || value === '' ? undefined : value;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw invalidValue(`The parameter ${name} must be provided and must not be blank.`);
    return value;
  }

  flag(name: string): boolean {
    return this.text(name) === 'true';
  }

  /** @throws AwsError if the value is not a whole number from `lowest` to `highest` */
  integer(name: string, lowest: number, highest: number): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= lowest && number <= highest) return number;
    throw invalidValue(`Invalid value for parameter ${name}: ${value}. It must be between ${lowest} and ${highest}.`);
  }

  /** @throws AwsError if the value is not a date */
  date(name: string): Date | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const date = new Date(value);
    if (Number.isNaN(date.getTime())) throw invalidValue(`Invalid value for parameter ${name}: ${value}.`);
    return date;
  }

  /** A list, in the order of its numbers. SDKs name its members after their element, or `member`. */
  list(name: string): readonly string[] {
    const member = new RegExp(`^${name}\\.\\w+\\.(\\d{1,4})$`);
    return [...this.#values]
      .flatMap(([key, value]) => {
        const position = member.exec(key)?.[1];
        return position === undefined ? [] : [[Number(position), value] as const];
      })
      .toSorted(([one], [other]) => one - other)
      .map(([, value]) => value);
  }
}
