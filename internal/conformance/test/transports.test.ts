import { readFileSync } from 'node:fs';
import { memjsTransport } from '@sess/memjs-transport';
import { inject } from 'vitest';
import { transportConformance } from '../src/index.ts';

const tls = {
  key: readFileSync(new URL('./fixtures/key.pem', import.meta.url)),
  cert: readFileSync(new URL('./fixtures/certificate.pem', import.meta.url)),
};

for (const runtime of inject('runtimes')) {
  const extent = runtime === 'container' ? 'short' : 'full';
  transportConformance({
    name: 'memjs',
    transport: memjsTransport(),
    runtime,
    // SASL, which a real memcached of this suite does not ask for: see the tests of memjs-transport for one that does.
    capabilities: { remainingTtl: false, credentials: runtime === 'embedded' },
    tls,
    extent,
  });
}
