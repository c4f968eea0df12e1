import 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The ways of running memcached that this machine has; `embedded` is always among them. */
    runtimes: readonly ('container' | 'memcached' | 'embedded')[];
  }
}
