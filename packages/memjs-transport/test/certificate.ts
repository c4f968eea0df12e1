import { readFileSync } from 'node:fs';

/**
 * Made for these tests and used nowhere else: `node-1.memcached.test`, `127.0.0.1`, `::1`, for a hundred years. It is
 * its own authority.
 */
export const certificate: Buffer = readFileSync(new URL('./fixtures/certificate.pem', import.meta.url));
export const privateKey: Buffer = readFileSync(new URL('./fixtures/key.pem', import.meta.url));
