import { randomBytes } from 'node:crypto';
import type { Client } from '@sess/client';
import { storageKey } from './storage-key.ts';

/** 192 bits, more than the 128 that OWASP ASVS 7.2.3 asks for. */
const ID_BYTES = 24;

/** With one of two nodes down, every other id hits it: so many tries fail once in 65,536. */
const MAX_TRIES = 16;

/** A random id in base64url; where nodes are down, preferably one whose session none of them could hold. */
export function newSessionId(client: Client, keyPrefix: string): string {
  let id = '';
  for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
    id = randomBytes(ID_BYTES).toString('base64url');
    const { owners, elders } = client.explain(storageKey(keyPrefix, id));
    const { states } = client.topology;
    if ([...owners, ...elders].every((node) => states.get(node) !== 'down')) break;
  }
  return id;
}
