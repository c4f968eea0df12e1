import { tally, type Outcome, type Tally } from './outcome.ts';

/** Width of a bin in milliseconds. */
const BIN_MS = 250;

/** The answers of a quarter of a second. */
export interface Bin {
  /** Milliseconds from the first event to the start of the bin; negative before the event. */
  readonly atMs: number;
  readonly answers: Tally;
  /** Answers with an older state of the session than an acknowledged one. */
  readonly older: number;
}

/** Something that happened. */
interface Mark {
  readonly atMs: number;
  readonly text: string;
}

/** The results of one strategy's background traffic over the time of a scenario. */
export interface TimelineRecord {
  readonly scenario: string;
  readonly strategy: string;
  readonly binMs: number;
  readonly bins: readonly Bin[];
  readonly marks: readonly Mark[];
  /** Ids of the nodes on which the users logged in, and of those listed at the end. */
  readonly nodesBefore: readonly string[];
  readonly nodesAfter: readonly string[];
  /** Items on each node before the first event, and at the end. */
  readonly itemsBefore: Readonly<Record<string, number>>;
  readonly itemsAfter: Readonly<Record<string, number>>;
}

/** Collects answers and events as they come. */
export class Timeline {
  readonly #now: () => number;
  readonly #bins = new Map<number, { readonly answers: Record<Outcome, number>; older: number }>();
  readonly #marks: { readonly at: number; readonly text: string }[] = [];

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  answer(outcome: Outcome, older: boolean): void {
    const place = Math.floor(this.#now() / BIN_MS);
    const bin = this.#bins.get(place) ?? { answers: { ...tally([]) }, older: 0 };
    this.#bins.set(place, bin);
    bin.answers[outcome] += 1;
    if (older) bin.older += 1;
  }

  mark(text: string): void {
    this.#marks.push({ at: this.#now(), text });
  }

  /** Times count from the first mark. */
  get record(): Pick<TimelineRecord, 'binMs' | 'bins' | 'marks'> {
    const zero = this.#marks[0]?.at ?? Math.min(...this.#bins.keys(), Number.POSITIVE_INFINITY) * BIN_MS;
    const bins = Array.from(this.#bins, ([place, { answers, older }]) => ({
      atMs: Math.round(place * BIN_MS - zero),
      answers: { ...answers },
      older,
    }));
    bins.sort((one, other) => one.atMs - other.atMs);
    return { binMs: BIN_MS, bins, marks: this.#marks.map(({ at, text }) => ({ atMs: Math.round(at - zero), text })) };
  }
}
