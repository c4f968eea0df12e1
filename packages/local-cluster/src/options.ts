import { createSecureContext } from 'node:tls';
import { inspect } from 'node:util';
import { LocalClusterError } from './errors.ts';
import type { Runtime } from './local-cluster.ts';

/** Options of a cluster. Every field has a default. */
export interface LocalClusterOptions {
  /** Number of nodes at the start, 1 to 300. Default 3. */
  readonly nodes?: number;
  /**
   * How to run the nodes. Default `auto`: the first of `container`, `memcached`, `embedded` that works here and
   * supports the other options.
   */
  readonly runtime?: Runtime | 'auto';
  /** Item memory of each node in mebibytes, 1 to 1024. Default 64. */
  readonly memoryMegabytes?: number;
  /** Largest item (key, value and memcached's own header) in bytes, 1,024 to 128 MiB. Default 1 MiB, as memcached's. */
  readonly maxItemBytes?: number;
  /** TCP port of the configuration endpoint, 1 to 65535. Default 0: any free one. */
  readonly configurationPort?: number;
  /**
   * User name and password that nodes require. Default: none. Embedded nodes accept them in both protocols, others only
   * in the text protocol.
   */
  readonly credentials?: Credentials;
  /** Key and certificate in PEM; nodes and configuration endpoint then use only TLS. Default: none. */
  readonly tls?: TlsMaterial;
  /** Time limit for a node to start and answer, in milliseconds, 1 to 600,000. Default 30,000. */
  readonly startTimeoutMs?: number;
  /** The `memcached` program: a name on `PATH` or a path. Default `memcached`. */
  readonly memcachedPath?: string;
  /** The container engine: a name on `PATH` or a path. Default: `docker`, or `podman` if that does not answer. */
  readonly containerEngine?: string;
  /** Image of the containers. Default `docker.io/library/memcached:1.6-alpine`. */
  readonly containerImage?: string;
  /** The clock of embedded nodes in milliseconds since 1970; other runtimes refuse it. Default `Date.now`. */
  readonly now?: () => number;
}

/** Each 1 to 255 bytes without space, colon or control character, as every protocol allows. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface TlsMaterial {
  /** Private key, PEM. */
  readonly key: string | Buffer;
  /** Certificate chain, PEM. */
  readonly cert: string | Buffer;
}

/** Options with every default filled in and every value checked. */
export interface ResolvedOptions {
  readonly nodes: number;
  readonly runtime: Runtime | 'auto';
  readonly configurationPort: number;
  readonly node: NodeSettings;
  readonly memcachedPath: string;
  readonly containerEngine: string | undefined;
  readonly containerImage: string;
}

/** Settings of each node. */
export interface NodeSettings {
  readonly memoryMegabytes: number;
  readonly maxItemBytes: number;
  readonly credentials: Credentials | undefined;
  readonly tls: TlsMaterial | undefined;
  readonly startTimeoutMs: number;
  readonly now: (() => number) | undefined;
  /** Whether `lru_crawler metadump` lists the keys. Nodes of ElastiCache from engine 1.6.17 refuse it. */
  readonly listsKeys: boolean;
}

export const RUNTIMES: readonly Runtime[] = ['container', 'memcached', 'embedded'];
export const MAX_NODES = 300;
const DEFAULT_IMAGE = 'docker.io/library/memcached:1.6-alpine';

const MEBIBYTE = 1_048_576;

export const CLUSTER_NAMES: Readonly<Record<keyof LocalClusterOptions, true>> = {
  nodes: true,
  runtime: true,
  memoryMegabytes: true,
  maxItemBytes: true,
  configurationPort: true,
  credentials: true,
  tls: true,
  startTimeoutMs: true,
  memcachedPath: true,
  containerEngine: true,
  containerImage: true,
  now: true,
};

/** @throws LocalClusterError `SESS_BAD_OPTION` with the option, what was expected and what came */
export function resolveOptions(options: LocalClusterOptions = {}): ResolvedOptions {
  try {
    return resolved(options);
  } catch (cause) {
    if (LocalClusterError.is(cause)) throw cause;
    // A getter, a proxy or the clock. The text of its error may show a value.
    const message = 'options: one of them threw an error when it was read (see the cause)';
    throw new LocalClusterError('SESS_BAD_OPTION', message, cause);
  }
}

function resolved(options: LocalClusterOptions): ResolvedOptions {
  checkNames('options', options, CLUSTER_NAMES);
  const runtime = options.runtime ?? 'auto';
  if (runtime !== 'auto' && !RUNTIMES.includes(runtime))
    throw bad('runtime', `'auto', 'container', 'memcached' or 'embedded'`, runtime);
  return Object.freeze({
    nodes: integer('nodes', options.nodes ?? 3, 1, MAX_NODES),
    runtime,
    configurationPort: integer('configurationPort', options.configurationPort ?? 0, 0, 65_535),
    node: Object.freeze({
      memoryMegabytes: integer('memoryMegabytes', options.memoryMegabytes ?? 64, 1, 1_024),
      maxItemBytes: integer('maxItemBytes', options.maxItemBytes ?? MEBIBYTE, 1_024, 128 * MEBIBYTE),
      credentials: options.credentials === undefined ? undefined : credentials(options.credentials),
      tls: options.tls === undefined ? undefined : tlsMaterial(options.tls),
      startTimeoutMs: integer('startTimeoutMs', options.startTimeoutMs ?? 30_000, 1, 600_000),
      now: options.now === undefined ? undefined : clock(options.now),
      listsKeys: true,
    }),
    memcachedPath: program('memcachedPath', options.memcachedPath ?? 'memcached'),
    containerEngine:
      options.containerEngine === undefined ? undefined : program('containerEngine', options.containerEngine),
    containerImage: program('containerImage', options.containerImage ?? DEFAULT_IMAGE),
  });
}

/** Why `runtime` does not support one of the options; `undefined` if it supports all. */
export function unsupportedBy(runtime: Runtime, settings: NodeSettings): string | undefined {
  if (runtime !== 'embedded' && settings.now !== undefined)
    return 'the option "now" sets the clock of embedded nodes; a real memcached has its own';
  return undefined;
}

/** Refuses an unknown name: it would silently get its default. An instance of a class keeps its content elsewhere. */
export function checkNames(what: string, given: object, names: Readonly<Record<string, true>>): void {
  const prototype: unknown = typeof given === 'object' && given !== null ? Object.getPrototypeOf(given) : undefined;
  if (prototype === undefined || (prototype !== null && Object.getPrototypeOf(prototype) !== null))
    throw new LocalClusterError(
      'SESS_BAD_OPTION',
      `${what}: expected an object with ${Object.keys(names).join(', ')}, that is no instance of a class`,
    );
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(names, name));
  if (unknown !== undefined)
    throw new LocalClusterError(
      'SESS_BAD_OPTION',
      `${what}: there is no "${unknown}"; there are ${Object.keys(names).join(', ')}`,
    );
}

function integer(name: string, value: unknown, lowest: number, highest: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= lowest && value <= highest) return value;
  throw bad(name, `a whole number from ${lowest} to ${highest}`, value);
}

function program(name: string, value: unknown): string {
  // Another program would read a leading dash as an option.
  if (typeof value === 'string' && /^[^-\s\0][^\s\0]*$/.test(value)) return value;
  throw bad(name, 'a name or path without spaces', value);
}

function clock(value: unknown): () => number {
  const expected = 'a function that returns milliseconds since 1970';
  if (typeof value !== 'function') throw bad('now', expected, value);
  const now = value as () => unknown;
  const read = now();
  if (typeof read === 'number' && Number.isFinite(read)) return value as () => number;
  throw bad('now', expected, read);
}

function credentials(value: Credentials): Credentials {
  checkNames('credentials', value, { username: true, password: true });
  for (const field of ['username', 'password'] as const) {
    const text: unknown = value?.[field];
    // Don't show the value: it may be a secret.
    if (typeof text !== 'string' || !/^[!-9;-~]{1,255}$/.test(text)) {
      throw new LocalClusterError(
        'SESS_BAD_OPTION',
        `credentials.${field}: expected 1 to 255 printable ASCII characters without space or colon`,
      );
    }
  }
  return Object.freeze({ username: value.username, password: value.password });
}

function tlsMaterial(value: TlsMaterial): TlsMaterial {
  checkNames('tls', value, { key: true, cert: true });
  for (const field of ['key', 'cert'] as const) {
    const pem: unknown = value?.[field];
    if ((typeof pem !== 'string' && !Buffer.isBuffer(pem)) || !pem.includes('-----BEGIN ')) {
      throw new LocalClusterError(
        'SESS_BAD_OPTION',
        `tls.${field}: expected PEM text ("-----BEGIN ..."), as a string or Buffer`,
      );
    }
  }
  try {
    createSecureContext({ key: value.key, cert: value.cert });
  } catch (error) {
    // The parser's error does not show the key.
    throw new LocalClusterError(
      'SESS_BAD_OPTION',
      `tls: expected a private key and the certificate that belongs to it (${String(error)})`,
      error,
    );
  }
  return Object.freeze({ key: value.key, cert: value.cert });
}

function bad(name: string, expected: string, came: unknown): LocalClusterError {
  // The content of an object is not shown.
  const shown = typeof came === 'string' ? JSON.stringify(came) : inspect(came, { depth: -1 });
  return new LocalClusterError('SESS_BAD_OPTION', `${name}: expected ${expected}, got ${shown}`);
}
