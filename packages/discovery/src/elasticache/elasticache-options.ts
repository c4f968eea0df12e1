import { createSecureContext, type ConnectionOptions } from 'node:tls';
import { DiscoveryError } from '../errors.ts';
import { nodeId, parseHostAndPort } from '../node-address.ts';
import { badOption, durationMs, isPlainObject, knownOptions, readable } from '../options.ts';
import { faultOfTls } from '../tls-options.ts';
import type { Server } from './server.ts';
import { resolveZoneOptions, type ResolvedZoneOptions, type ZoneOptions } from './zones.ts';

/** How to ask a configuration endpoint. Durations in milliseconds. */
export interface ElasticacheOptions {
  /** How often to look, ±20 %. Default 60,000. */
  readonly pollIntervalMs?: number | undefined;
  /**
   * How long the endpoint may take to answer, including name resolution, connection and TLS. Default 2,000. One look
   * takes at most three times that.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * TLS. Default `false`. `true` checks the certificate against the host name and the authorities that Node.js trusts;
   * an object is passed to `node:tls` (`ca`, `servername`, client certificates, ...). It also applies to nodes that are
   * asked instead of the endpoint.
   */
  readonly tls?: boolean | ConnectionOptions | undefined;
  /** User and password of the text protocol (memcached's `-Y` file), sent first on every connection. Default none. */
  readonly credentials?: Credentials | undefined;
  /**
   * Gives each node its availability zone, so that copies are in different ones. Asks AWS's API when the list changes.
   * A list does not come into force while the zone of any of its nodes is unknown. Default: nodes without zones.
   */
  readonly zones?: ZoneOptions | undefined;
}

export interface Credentials {
  /** 1 to 255 bytes without space or control character. */
  readonly username: string;
  /** 1 to 255 bytes without control character. */
  readonly password: string;
}

export interface ResolvedElasticacheOptions {
  readonly endpoint: Server;
  readonly pollIntervalMs: number;
  readonly timeoutMs: number;
  readonly tls: ConnectionOptions | undefined;
  readonly credentials: Credentials | undefined;
  readonly zones: ResolvedZoneOptions | undefined;
}

/** Checks every option and fills in the defaults. */
export function resolveElasticacheOptions(
  endpoint: string,
  given: ElasticacheOptions | undefined,
): ResolvedElasticacheOptions {
  return readable('elasticache', () => resolved(endpoint, given));
}

function resolved(endpoint: string, given: ElasticacheOptions | undefined): ResolvedElasticacheOptions {
  const options = knownOptions('elasticache', given, ['pollIntervalMs', 'timeoutMs', 'tls', 'credentials', 'zones']);
  const { host, port } = parseHostAndPort(endpoint, 'elasticache endpoint');
  return Object.freeze({
    endpoint: Object.freeze({ id: nodeId(host, port), host, port }),
    pollIntervalMs: durationMs('elasticache pollIntervalMs', options.pollIntervalMs, 60_000),
    timeoutMs: durationMs('elasticache timeoutMs', options.timeoutMs, 2_000),
    tls: checkedTls(options.tls),
    credentials: options.credentials === undefined ? undefined : checkedCredentials(options.credentials),
    zones: options.zones === undefined ? undefined : resolveZoneOptions(options.zones, host),
  });
}

function checkedTls(tls: ElasticacheOptions['tls']): ConnectionOptions | undefined {
  if (tls === undefined || tls === false) return undefined;
  if (tls === true) return {};
  if (!isPlainObject(tls)) throw badOption('elasticache tls', 'true, false or options of node:tls', tls);
  const given: ConnectionOptions = tls;
  const fault = faultOfTls(given);
  if (fault !== undefined) throw new DiscoveryError('SESS_BAD_OPTION', `elasticache tls: ${fault}.`);
  return Object.freeze({ ...given, secureContext: given.secureContext ?? createSecureContext(given) });
}

function checkedCredentials(credentials: Credentials): Credentials {
  const { username, password } = knownOptions<Partial<Credentials>>('elasticache credentials', credentials, [
    'username',
    'password',
  ]);
  // The value is not shown: it may be the secret.
  // The server takes the text before the first space for the user name.
  if (!fits(username, /[\s\p{Cc}]/u)) {
    throw new DiscoveryError(
      'SESS_BAD_OPTION',
      'elasticache credentials.username: expected 1 to 255 bytes without space or control character.',
    );
  }
  if (!fits(password, /\p{Cc}/u)) {
    throw new DiscoveryError(
      'SESS_BAD_OPTION',
      'elasticache credentials.password: expected 1 to 255 bytes without control character.',
    );
  }
  return Object.freeze({ username, password });
}

function fits(value: unknown, forbidden: RegExp): value is string {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= 255 && !forbidden.test(value);
}
