/** The name in `names` that `wrong` was probably meant to be; `undefined` when none is near. */
export function nearestName(wrong: string, names: readonly string[]): string | undefined {
  const lower = wrong.toLowerCase();
  let best: string | undefined;
  // More than a third of the letters wrong is another word; two letters that changed places count as two.
  let bestDistance = Math.floor(lower.length / 3) + 2;
  for (const name of names) {
    const distance = editDistance(lower, name.toLowerCase());
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein's distance, one row at a time. */
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

/** Every cell that is read was written: the rows are as long as the word and one. */
function cell(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
