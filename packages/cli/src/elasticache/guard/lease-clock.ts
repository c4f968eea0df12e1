/** A moment by two clocks: one that never jumps, and one that goes on while the machine is suspended. */
export interface Moment {
  readonly steady: number;
  readonly wall: number;
}

/** What must end ends by the faster of the two; what is waited for, by the one that never jumps. */
export interface LeaseClock {
  now(): Moment;
  /** Milliseconds that have passed at the most. */
  mostSince(moment: Moment): number;
  /** Milliseconds that have passed at the least. */
  steadyBetween(from: Moment, to: Moment): number;
}

export const leaseClock: LeaseClock = {
  now: () => ({ steady: performance.now(), wall: Date.now() }),
  mostSince: ({ steady, wall }) => Math.max(performance.now() - steady, Date.now() - wall),
  steadyBetween: (from, to) => to.steady - from.steady,
};
