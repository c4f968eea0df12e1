import { systemEnvironment, type Environment } from '../src/environment.ts';

export interface TestEnvironment extends Environment {
  /** Host names that were looked up, in order. */
  readonly lookups: string[];
}

/**
 * The real world, but for what `changes` says; host names resolve to what `names` says at that moment, and to nothing
 * else.
 */
export function testEnvironment(
  names: Readonly<Record<string, readonly string[]>> = {},
  changes: Partial<Environment> = {},
): TestEnvironment {
  const lookups: string[] = [];
  return {
    ...systemEnvironment,
    random: () => 0.5,
    lookup(host) {
      lookups.push(host);
      const addresses = names[host];
      return addresses === undefined
        ? Promise.reject(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }))
        : Promise.resolve(addresses);
    },
    ...changes,
    lookups,
  };
}
