/** The name in `names` closest to `wrong`; `undefined` if none is close. */
export function nearestName(wrong: string, names: readonly string[]): string | undefined {
  const lower = wrong.toLowerCase();
  let best: string | undefined;
  // With more than a third of its letters wrong it is another word; swapped letters count as two.
  let bestDistance = Math.max(2, Math.floor(lower.length / 3)) + 1;
  for (const name of names) {
    const distance = editDistance(lower, name.toLowerCase());
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance, one row at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let index = 0; index < from.length; index += 1) {
    const next = [index + 1];
    for (let column = 0; column < to.length; column += 1) {
      const substituted = cell(row, column) + (from[index] === to[column] ? 0 : 1);
      next.push(Math.min(substituted, cell(row, column + 1) + 1, cell(next, column) + 1));
    }
    row = next;
  }
  return cell(row, to.length);
}

/** Every cell that is read exists: rows have one more cell than the word has letters. */
function cell(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
