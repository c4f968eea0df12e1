import { type Clock, systemClock } from './clock.ts';
import { type NameResolver, systemResolver } from './dns/name-resolver.ts';
import { addressesOf } from './name-lookup.ts';

/** The environment of this package: clock, random numbers and name resolution. Only tests replace it. */
export interface Environment {
  readonly clock: Clock;
  /** A number from 0 up to, but not including, 1. */
  readonly random: () => number;
  /** The present addresses of a host, in the operating system's order of preference. */
  lookup(host: string): Promise<readonly string[]>;
  /** A resolver for these DNS servers (`address` or `address:port`), or for those of the operating system. */
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
