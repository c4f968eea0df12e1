import 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The ways of running memcached that this machine has; `embedded` is always among them. */
    runtimes: readonly ('container' | 'memcached' | 'embedded')[];
    /** Whether tests run in their long form. */
    long: boolean;
    /** Programs of other projects that this machine has. */
    programs: readonly ('postgres' | 'chromium' | 'php-memcached' | 'pylibmc' | 'network-namespaces')[];
  }
}
