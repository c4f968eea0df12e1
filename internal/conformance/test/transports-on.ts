import { textTransport } from '@sess/client';
import { SELF_SIGNED } from '@sess/loopback';
import { memjsTransport } from '@sess/memjs-transport';
import type { Runtime } from '@sess/local-cluster';
import { describe, inject } from 'vitest';
import { transportConformance, type TransportSubject } from '../src/index.ts';

/** Declares the suite for each transport; skipped if this machine or this form of the tests has no such nodes. */
export function transportsOn(runtime: Runtime): void {
  // A container takes seconds to start, so only storage and replies are tested there.
  const common = { runtime, tls: SELF_SIGNED, extent: runtime === 'container' ? 'short' : 'full' } as const;
  const subjects: readonly TransportSubject[] = [
    {
      ...common,
      name: 'text, meta dialect',
      transport: textTransport({ dialect: 'meta' }),
      capabilities: { remainingTtl: true, credentials: true },
    },
    {
      ...common,
      name: 'text, classic dialect',
      transport: textTransport({ dialect: 'classic' }),
      capabilities: { remainingTtl: false, credentials: true },
    },
    {
      ...common,
      name: 'memjs',
      transport: memjsTransport(),
      // SASL, which local-cluster has for embedded nodes only. The tests of memjs-transport start a memcached that
      // requires it.
      capabilities: { remainingTtl: false, credentials: runtime === 'embedded' },
    },
  ];
  describe.runIf(inject('conformanceRuntimes').includes(runtime))(`on ${runtime} nodes`, () => {
    for (const subject of subjects) transportConformance(subject);
  });
}
