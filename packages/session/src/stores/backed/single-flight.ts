/** Work that several ask for at once is done once. */
export class SingleFlight {
  readonly #flights = new Map<string, Promise<unknown>>();

  /** What is under way under this name, or `work`. All with one name must do the same work. */
  run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const present = this.#flights.get(name) as Promise<T> | undefined;
    if (present !== undefined) return present;
    const flight = work().finally(() => {
      if (this.#flights.get(name) === flight) this.#flights.delete(name);
    });
    this.#flights.set(name, flight);
    return flight;
  }

  /** Nobody joins what is under way any more: its answer is out of date. */
  forget(name: string): void {
    this.#flights.delete(name);
  }
}
