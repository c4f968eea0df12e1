import type { Transport } from '@sess/client';
import type { Runtime } from '@sess/local-cluster';

/** What is put to the test. */
export interface TransportSubject {
  /** Title of the suite: the transport, and what tells it from others under test. */
  readonly name: string;
  readonly transport: Transport;
  /** How the nodes are run: `embedded`, `memcached` or `container`. */
  readonly runtime: Runtime;
  readonly capabilities: TransportCapabilities;
  /** Key and certificate (PEM) of `127.0.0.1`, its own authority. Without them nothing is said about TLS. */
  readonly tls?: { readonly key: Buffer; readonly cert: Buffer };
  /**
   * `full`: everything the interface promises. `short`: what is stored and answered; for runtimes that take long to
   * start. Default `full`.
   */
  readonly extent?: 'full' | 'short';
}

/** What the interface leaves open. Everything else is asked of every transport. */
export interface TransportCapabilities {
  /** Items tell their remaining time to live. */
  readonly remainingTtl: boolean;
  /** The transport and the nodes of this runtime know the same way to check credentials. */
  readonly credentials: boolean;
}
