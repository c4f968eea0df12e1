import { type Clock, systemClock } from './clock.ts';
import { type NameResolver, systemResolver } from './dns/name-resolver.ts';
import { addressesOf } from './name-lookup.ts';

/** The world outside this package: time, chance and names. Replaced in tests, nowhere else. */
export interface Environment {
  readonly clock: Clock;
  /** A number from 0 up to, not including, 1. */
  readonly random: () => number;
  /** The addresses of a host in the order of preference, as the operating system knows them now. */
  lookup(host: string): Promise<readonly string[]>;
  /** A resolver that asks DNS servers: these (`address` or `address:port`), or those of the operating system. */
  resolver(servers: readonly string[] | undefined, timeoutMs: number): NameResolver;
}

export const systemEnvironment: Environment = {
  clock: systemClock,
  random: Math.random,
  async lookup(host) {
    const found = await addressesOf(host);
    return found.map(({ address }) => address);
  },
  resolver: systemResolver,
};
