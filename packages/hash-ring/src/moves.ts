/** Keys that move from one node to another. */
export interface Flow {
  /** The id of the owner before. */
  readonly from: string;
  /** The id of the owner after; differs from `from`. */
  readonly to: string;
  /** Fraction of all keys, above 0 and at most 1. */
  readonly fraction: number;
}

/** Counts moves in whole numbers of keys or hashes, which add up without rounding. */
export class MoveCount {
  readonly #amounts = new Map<string, Map<string, number>>();

  /** Counts `amount` keys owned by `from` before and by `to` after; ignores keys that keep their owner. */
  add(from: string, to: string, amount: number): void {
    if (from === to || amount === 0) return;
    const targets = this.#amounts.get(from) ?? new Map<string, number>();
    this.#amounts.set(from, targets.set(to, (targets.get(to) ?? 0) + amount));
  }

  /** The moves as fractions of `all`. */
  outOf(all: number): { readonly moved: number; readonly flows: readonly Flow[] } {
    const moves = [...this.#amounts].flatMap(([from, targets]) =>
      [...targets].map(([to, amount]) => ({ from, to, amount })),
    );
    moves.sort((one, other) => other.amount - one.amount || inOrder(one.from, other.from) || inOrder(one.to, other.to));
    return {
      moved: moves.reduce((sum, { amount }) => sum + amount, 0) / all,
      flows: moves.map(({ from, to, amount }) => ({ from, to, fraction: amount / all })),
    };
  }
}

function inOrder(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
