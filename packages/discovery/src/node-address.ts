import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { badOption } from './options.ts';

/** The address of a listening server. */
export interface HostAndPort {
  /** Host name or address; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** The identity of a node: `host:port`, an IPv6 host in brackets. */
export function nodeId(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether `port` is a valid TCP port to connect to. */
export function isPort(port: unknown): port is number {
  return Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535;
}

const LABEL = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/iu;

/**
 * Whether `host` is an IP address or a host name of ASCII letters, digits, `-` and `_` (which container networks use).
 */
export function isHost(host: string): boolean {
  if (isIP(host) !== 0) return true;
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  if (name.length === 0 || name.length > 253) return false;
  const labels = name.split('.');
  // `300.1.1.1` and `127` are not names: no top-level domain is all digits.
  if (/^\d+$/u.test(labels.at(-1) ?? '')) return false;
  return labels.every((label) => label.length <= 63 && LABEL.test(label));
}

/** Addresses of no machine, or of many: unspecified, broadcast, multicast. */
const NO_MACHINE = new BlockList();
NO_MACHINE.addAddress('0.0.0.0');
NO_MACHINE.addAddress('255.255.255.255');
NO_MACHINE.addSubnet('224.0.0.0', 4);
NO_MACHINE.addAddress('::', 'ipv6');
NO_MACHINE.addSubnet('ff00::', 8, 'ipv6');

/**
 * Whether a node of a list from elsewhere can have this host. A connection to 0.0.0.0 would reach this machine instead:
 * DNS servers that block a name answer so.
 */
export function isNodeHost(host: string): boolean {
  const family = isIP(host);
  return family === 0 ? isHost(host) : !NO_MACHINE.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

/** One spelling per host, to detect duplicates. */
export function canonicalHost(host: string): string {
  // The URL parser writes an IPv6 address in its shortest form, but does not accept a zone (`%eth0`).
  if (isIPv6(host) && !host.includes('%')) return new URL(`http://[${host}]`).hostname.slice(1, -1);
  const lower = host.toLowerCase();
  return lower.endsWith('.') && !isIPv4(lower) ? lower.slice(0, -1) : lower;
}

/** The id of a node in one spelling: names don't differ by case or by a dot at the end. */
export function canonicalId({ host, port }: HostAndPort): string {
  return nodeId(canonicalHost(host), port);
}

const ID = /^(?:\[([^\]]+)\]|([^:[\]]+)):([1-9]\d{0,4})$/u;

/** The canonical spelling of a node id `host:port` from another source; `undefined` if it is not a node id. */
export function canonicalNodeId(id: string): string | undefined {
  const [, bracketed, name = '', digits] = ID.exec(id) ?? [];
  const host = bracketed ?? name;
  const port = Number(digits);
  if (!isPort(port) || (bracketed === undefined ? !isHost(host) : !isIPv6(host))) return undefined;
  return canonicalId({ host, port });
}

const WITH_SCHEME = /^([a-z][a-z0-9+.-]*):\/\//iu;

/**
 * Parses `host:port` or `[ipv6]:port` as users write it.
 *
 * @throws DiscoveryError `SESS_BAD_OPTION` that says what `option` should have been
 */
export function parseHostAndPort(given: unknown, option: string): HostAndPort {
  const refuse = (advice: string): Error => badOption(option, 'a string "host:port"', given, advice);
  if (typeof given !== 'string') throw refuse('Give one string, such as "10.0.0.1:11211".');
  const text = given.trim();
  const scheme = WITH_SCHEME.exec(text)?.[1];
  if (scheme !== undefined) throw refuse(`Leave out "${scheme}://": only createClient takes URLs.`);
  if (isIPv6(text)) throw refuse(`Put the IPv6 address in brackets and add the port: "[${text}]:11211".`);

  const bracketed = /^\[([^\]]*)\](.*)$/su.exec(text);
  const colon = text.lastIndexOf(':');
  const host = bracketed?.[1] ?? (colon === -1 ? text : text.slice(0, colon));
  const rest = bracketed?.[2] ?? (colon === -1 ? '' : text.slice(colon));
  if (bracketed !== null && !isIPv6(host))
    throw refuse('Brackets are for an IPv6 address, such as "[2001:db8::1]:11211".');
  if (bracketed === null && host.includes(':'))
    throw refuse('An IPv6 address stands in brackets: "[2001:db8::1]:11211".');
  if (!isHost(host)) throw refuse('The host is a name of ASCII letters, digits, "-", "_" and ".", or an IP address.');
  if (rest === '')
    throw refuse(`Add the port: "${bracketed === null ? host : `[${host}]`}:11211" (11211 is memcached's usual one).`);
  const port = /^:\d{1,5}$/u.test(rest) ? Number(rest.slice(1)) : Number.NaN;
  if (!isPort(port)) throw refuse('The port is a whole number from 1 to 65535.');
  return { host, port };
}
