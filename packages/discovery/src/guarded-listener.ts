import { publish } from './diagnostics.ts';
import { DiscoveryError } from './errors.ts';
import { badOption } from './options.ts';
import type { Topology, TopologyListener } from './topology.ts';

/**
 * Catches the exceptions of a listener. Those of `topology` go to its `error` method; those of `error` become process
 * warnings. Both are published on `sess:discovery:listener-error`. A rejected promise that a listener returns counts as
 * thrown.
 */
export class GuardedListener implements TopologyListener {
  readonly #source: string;
  readonly #listener: TopologyListener;

  /** @throws DiscoveryError `SESS_BAD_OPTION` if `listener` lacks a method */
  constructor(source: string, listener: TopologyListener) {
    for (const method of ['topology', 'error'] as const) {
      if (typeof listener?.[method] !== 'function') {
        throw badOption(
          `watch() of ${source}: listener.${method}`,
          'a function',
          listener?.[method],
          'Give { topology(t) {…}, error(e) {…} }.',
        );
      }
    }
    this.#source = source;
    this.#listener = listener;
  }

  topology(topology: Topology): void {
    this.#call(
      'topology',
      () => this.#listener.topology(topology),
      (error) => this.error(error),
    );
  }

  error(error: Error): void {
    this.#call(
      'error',
      () => this.#listener.error(error),
      (fault) => process.emitWarning(fault),
    );
  }

  #call(method: string, call: () => unknown, tell: (fault: DiscoveryError) => void): void {
    const failed = (cause: unknown): void => {
      const fault = new DiscoveryError(
        'SESS_DISCOVERY_LISTENER',
        `The listener's "${method}" threw on news of ${this.#source}.`,
        {
          cause,
        },
      );
      publish('sess:discovery:listener-error', () => ({ source: this.#source, error: fault }));
      tell(fault);
    };
    try {
      const returned = call();
      // The type is void, but an async function is assignable to it.
      if (returned instanceof Promise) returned.catch(failed);
    } catch (thrown) {
      failed(thrown);
    }
  }
}
