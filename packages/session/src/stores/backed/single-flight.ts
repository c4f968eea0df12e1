/** Shares concurrent work: callers with the same name get the result of one run. */
export class SingleFlight {
  readonly #flights = new Map<string, Promise<unknown>>();

  /** Joins the run with this name, or starts `work`. All callers with one name must pass the same work. */
  run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const present = this.#flights.get(name) as Promise<T> | undefined;
    if (present !== undefined) return present;
    const flight = work().finally(() => {
      if (this.#flights.get(name) === flight) this.#flights.delete(name);
    });
    this.#flights.set(name, flight);
    return flight;
  }

  /** Lets no later caller join the run in flight, because its result is out of date. */
  forget(name: string): void {
    this.#flights.delete(name);
  }
}
