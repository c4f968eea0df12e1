import { publish } from './diagnostics.ts';
import { DiscoveryError } from './errors.ts';
import { badOption } from './options.ts';
import type { Topology, TopologyListener } from './topology.ts';

/**
 * A listener whose exceptions harm nobody. What `topology` throws is told to its own `error`; what `error` throws
 * becomes a process warning, because nobody else is left to tell. Both go to the channel
 * `sess:discovery:listener-error`. A rejected promise that a listener returns counts as thrown.
 */
export class GuardedListener implements TopologyListener {
  readonly #source: string;
  readonly #listener: TopologyListener;

  /** @throws DiscoveryError `SESS_BAD_OPTION` when `listener` lacks a method */
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
      // The type says void, but an async function fits it.
      if (returned instanceof Promise) returned.catch(failed);
    } catch (thrown) {
      failed(thrown);
    }
  }
}
