import { isIP } from 'node:net';

import type { CancelTimer, Clock } from '../clock.ts';
import type { Transport, TransportNode } from '../transport/transport.ts';

/** Interval between look-ups, in milliseconds, jittered by half. */
const INTERVAL_MS = 500;

export interface NameWatchSetup {
  /** The addresses that the name resolves to now. */
  readonly addresses: () => Promise<readonly { readonly address: string }[]>;
  /** The name resolves to an address that it did not resolve to before. */
  readonly onMoved: () => void;
  readonly clock: Clock;
  /** Returns numbers in [0, 1). */
  readonly random: () => number;
}

/**
 * Notices that the name of a node resolves to another machine. Looks the name up while the node does not answer: a pod
 * or machine that returns has a new address. The pauses between probes, or an attempt to connect to the old address
 * that nobody refuses, can take longer than the name service.
 */
export class NameWatch {
  readonly #setup: NameWatchSetup;
  /** Every address since the last move; `undefined` before the first answer. */
  #known: ReadonlySet<string> | undefined;
  #cancel: CancelTimer | undefined;
  #running = false;
  #looking = false;

  constructor(setup: NameWatchSetup) {
    this.#setup = setup;
  }

  /** Looks the name up now, and at every interval until {@link stop}. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    if (!this.#looking) this.#look();
  }

  stop(): void {
    this.#running = false;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #look(): void {
    this.#looking = true;
    this.#setup.addresses().then(
      (found) => this.#found(found.map(({ address }) => address)),
      // A name that does not resolve has not moved.
      () => this.#found([]),
    );
  }

  #found(addresses: readonly string[]): void {
    this.#looking = false;
    const known = this.#known;
    this.#known = new Set([...(known ?? []), ...addresses]);
    if (!this.#running) return;
    if (known !== undefined && this.#known.size > known.size) {
      this.stop();
      this.#setup.onMoved();
      return;
    }
    const { clock, random } = this.#setup;
    this.#cancel = clock.after(INTERVAL_MS * (0.5 + random()), () => this.#look());
  }
}

/** `undefined` if the node has no name to look up, or the transport can't look names up. */
export function watchName(
  { host, address, path }: TransportNode,
  { transport, clock, random }: Pick<NameWatchSetup, 'clock' | 'random'> & { readonly transport: Transport },
  onMoved: () => void,
): NameWatch | undefined {
  const isNamed = address === undefined && path === undefined && isIP(host) === 0;
  if (!isNamed || transport.addressesOf === undefined) return undefined;
  const addresses = transport.addressesOf.bind(transport, host);
  return new NameWatch({ addresses, onMoved, clock, random });
}
