import { readFileSync } from 'node:fs';
import type { TlsMaterial } from '../src/options.ts';

/** A key and a self-signed certificate for localhost and 127.0.0.1, made for these tests and good for nothing else. */
export function selfSigned(): TlsMaterial {
  const read = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
  return { key: read('key.pem'), cert: read('certificate.pem') };
}
