import type { Transport } from '@sess/client';
import type { Runtime } from '@sess/local-cluster';

/** The transport under test. */
export interface TransportSubject {
  /** Title of the suite: the transport and its variant. */
  readonly name: string;
  readonly transport: Transport;
  /** How the nodes run: `embedded`, `memcached` or `container`. */
  readonly runtime: Runtime;
  readonly capabilities: TransportCapabilities;
  /** Key and self-signed certificate (PEM) of `127.0.0.1`. Without them, TLS is not tested. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /**
   * `full`: everything the interface promises. `short`: only requests and replies, for runtimes that start slowly.
   * Default `full`.
   */
  readonly extent?: 'full' | 'short';
}

/** Optional features. Everything else is required of every transport. */
export interface TransportCapabilities {
  /** Reads report the remaining time to live. */
  readonly remainingTtl: boolean;
  /** The transport and the nodes of this runtime support the same authentication. */
  readonly credentials: boolean;
}
