import { readFileSync } from 'node:fs';

const read = (name: string): string => readFileSync(new URL(`../certificate/${name}`, import.meta.url), 'utf8');

/**
 * A certificate for localhost, *.cache.test, 127.0.0.1 and ::1 with its key. It is its own authority, until 2120, and
 * used by tests only.
 */
export const SELF_SIGNED: { readonly key: string; readonly cert: string } = {
  key: read('key.pem'),
  cert: read('certificate.pem'),
};
