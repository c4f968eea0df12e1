import { readFileSync } from 'node:fs';
import type { TlsMaterial } from '../src/options.ts';

/** A key and a self-signed certificate for localhost and 127.0.0.1, only for these tests. */
export function selfSigned(): TlsMaterial {
  return { key: read('key.pem'), cert: read('certificate.pem') };
}

function read(name: string): string {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
}
