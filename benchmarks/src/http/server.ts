import type { VariantName } from './contenders.ts';

/**
 * The exports of each server module. `POST /cart` puts the cart into the session (in a bare server: into a variable).
 * The measured routes are the `ROUTES` of `cart.ts`; a server without sessions has those that its contender names.
 * Cookies use plain HTTP on loopback, so none is Secure.
 */
export interface ServerModule {
  /**
   * Listens on an ephemeral port of loopback, and uses the memcached node at `memcached` (`host:port`). Resolves to the
   * port.
   */
  start(memcached: string, variant: VariantName): Promise<number>;
}
