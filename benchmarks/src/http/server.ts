import type { VariantName } from './contenders.ts';

/**
 * What each server module exports. `POST /cart` puts the cart into the session (a bare server: into a variable); the
 * `ROUTES` of `cart.ts` are what is measured; a server without sessions has those that its contender names. Cookies travel
 * over plain HTTP on loopback, so none is marked Secure.
 */
export interface ServerModule {
  /**
   * Listens on an ephemeral port of loopback, over the memcached node at `memcached` (`host:port`). Resolves with the
   * port.
   */
  start(memcached: string, variant: VariantName): Promise<number>;
}
