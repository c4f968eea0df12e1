/**
 * Most levels of nested objects and arrays. Session data has a dozen; deeper data comes from an attacker who wants to
 * exhaust the stack or the processor: `JSON.stringify` checks every level for cycles with all levels above, so its time
 * is quadratic in the depth.
 */
export const MAX_DEPTH = 100;

/**
 * Whether a value from `JSON.parse` has more than `levels` levels. Linear in its size; recursion is never deeper than
 * `levels`.
 */
export function isTreeDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((inner) => isTreeDeeperThan(inner, levels - 1));
  for (const key in value) if (isTreeDeeperThan((value as Record<string, unknown>)[key], levels - 1)) return true;
  return false;
}

/**
 * Whether any value has more than `levels` levels. Maps and Sets are levels too; a cycle is as deep as it is long.
 * Linear in its size.
 */
export function isDeeperThan(root: unknown, levels: number): boolean {
  const seen = new Set<unknown>();
  let level = [root].filter(isObject);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === levels) return true;
    const next: object[] = [];
    for (const value of level) {
      for (const inner of contents(value)) {
        if (!isObject(inner) || seen.has(inner)) continue;
        seen.add(inner);
        next.push(inner);
      }
    }
    level = next;
  }
  return false;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function contents(value: object): Iterable<unknown> {
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  if (value instanceof Set) return value;
  return ArrayBuffer.isView(value) ? [] : Object.values(value);
}
