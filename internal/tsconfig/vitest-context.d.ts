import 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The ways of running memcached that this machine has; `embedded` is always among them. */
    runtimes: readonly ('container' | 'memcached' | 'embedded')[];
    /** Programs of other projects that this machine has. */
    programs: readonly ('postgres' | 'chromium' | 'php-memcached' | 'pylibmc' | 'network-namespaces')[];
  }
}
