import fs from 'node:fs';
import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';

const HOSTS_FILE =
  process.platform === 'win32'
    ? `${process.env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\drivers\\etc\\hosts`
    : '/etc/hosts';

/**
 * The addresses of a host in the system's hosts file; none if the file can't be read. Reads in this thread, because it
 * is for times in which libuv's threads hang.
 */
export function addressesInHostsFile(host: string): readonly LookupAddress[] {
  try {
    return addressesIn(fs.readFileSync(HOSTS_FILE, 'utf8'), host);
  } catch {
    return [];
  }
}

/** Lines of `address name name …`, with comments after `#`. Source: hosts(5). */
function addressesIn(text: string, host: string): readonly LookupAddress[] {
  const wanted = host.toLowerCase();
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/u, '').trim().toLowerCase().split(/\s+/u);
    const family = isIP(address);
    return family !== 0 && names.includes(wanted) ? [{ address, family }] : [];
  });
}
