import 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The ways of running memcached that this machine has; `embedded` is always among them. */
    runtimes: readonly ('container' | 'memcached' | 'embedded')[];
    /**
     * Those of them that tests of what is the same on all of them use: one, in the long form two. Never a container,
     * which takes seconds to start.
     */
    mainRuntimes: readonly ('memcached' | 'embedded')[];
    /**
     * Those that conformance suites run on: all, but for containers where real memcached is beside them and the form is
     * not the long one.
     */
    conformanceRuntimes: readonly ('container' | 'memcached' | 'embedded')[];
    /** Whether tests run in their long form. */
    long: boolean;
    /** Programs of other projects that this machine has. */
    programs: readonly (
      | 'postgres'
      | 'chromium'
      | 'php-memcached'
      | 'pylibmc'
      | 'network-namespaces'
      | 'nutcracker'
      | 'promtool'
      | 'redis'
    )[];
    /** Path of the client's simulation, made ready for `require`. */
    simulation: string;
  }
}
