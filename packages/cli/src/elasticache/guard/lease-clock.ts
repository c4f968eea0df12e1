/** A moment by two clocks: one that never jumps, and one that continues while the machine is suspended. */
export interface Moment {
  readonly steady: number;
  readonly wall: number;
}

/** A guard's own deadlines use the faster of the two clocks; waits for other guards use the one that never jumps. */
export interface LeaseClock {
  now(): Moment;
  /** Upper bound of the milliseconds that have passed. */
  mostSince(moment: Moment): number;
  /** Lower bound of the milliseconds that have passed. */
  steadyBetween(from: Moment, to: Moment): number;
}

export const leaseClock: LeaseClock = {
  now: () => ({ steady: performance.now(), wall: Date.now() }),
  mostSince: ({ steady, wall }) => Math.max(performance.now() - steady, Date.now() - wall),
  steadyBetween: (from, to) => to.steady - from.steady,
};
