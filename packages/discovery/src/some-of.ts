/** Most items that an error names. */
const NAMED = 5;

/** A list for one line of an error: `a, b, c, d, e, and 295 more`. A name can have hundreds of addresses. */
export function someOf(all: readonly string[], separator = ', '): string {
  const named = all.slice(0, NAMED).join(separator);
  return all.length > NAMED ? `${named}, and ${all.length - NAMED} more` : named;
}
