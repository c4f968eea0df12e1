import { memjsTransport } from '@sess/memjs-transport';
import type { Contender } from '../contender.ts';
import { open as openSess } from './sess-text.ts';

/** This client over the memjs transport. */
export function open(servers: readonly string[]): Promise<Contender> {
  return openSess(servers, { transport: memjsTransport() });
}
