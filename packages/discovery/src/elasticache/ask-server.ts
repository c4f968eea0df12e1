import { isIP } from 'node:net';
import type { Environment } from '../environment.ts';
import { DiscoveryError, type DiscoveryErrorCode } from '../errors.ts';
import { firstAnswer } from '../first-answer.ts';
import type { Topology } from '../topology.ts';
import { parseConfiguration } from './configuration.ts';
import type { ResolvedElasticacheOptions } from './elasticache-options.ts';
import { exchange } from './exchange.ts';
import { excerpt } from './reply.ts';
import type { Server } from './server.ts';

/** A server's answer about its cluster. */
export type Answer =
  | { readonly kind: 'topology'; readonly topology: Topology }
  /** The server knows no cluster: ElastiCache Serverless, or a plain memcached. */
  | { readonly kind: 'no-cluster' };

/** The commands of engine 1.4.14 or newer, and of older ones. Tries both instead of deciding by version. */
const CONFIG = 'config get cluster';
const GET = 'get AmazonElastiCache:cluster';

/** How long one address or node may be silent before the next one is asked as well, in milliseconds. */
const STAGGER_MS = 250;

/** The stagger that leaves half of `timeoutMs` even for the last of `count`. */
export function staggerMs(count: number, timeoutMs: number): number {
  return Math.min(STAGGER_MS, timeoutMs / 2 / count);
}

/** Asks servers for their list of nodes, and remembers which command worked. One per watch. */
export class ServerAsker {
  readonly #options: ResolvedElasticacheOptions;
  readonly #environment: Environment;
  #commands: readonly string[] = [CONFIG, GET];

  constructor(options: ResolvedElasticacheOptions, environment: Environment) {
    this.#options = options;
    this.#environment = environment;
  }

  /** Resolves the server's name again and asks its addresses until one answers. */
  async askByName(server: Server, signal: AbortSignal): Promise<Answer> {
    const addresses = await this.#resolve(server);
    const pace = {
      staggerMs: staggerMs(addresses.length, this.#options.timeoutMs),
      clock: this.#environment.clock,
      signal,
    };
    try {
      return await firstAnswer(addresses, (address, stop) => this.askAddress(server, address, stop), pace);
    } catch (error) {
      throw error instanceof AggregateError ? mostTelling(error) : error;
    }
  }

  /** Asks the server at this address. */
  async askAddress(server: Server, address: string, signal: AbortSignal): Promise<Answer> {
    const { tls, credentials } = this.#options;
    for (const command of this.#commands) {
      const reply = await exchange(server, { address, command, tls, credentials, signal });
      switch (reply.kind) {
        case 'payload': {
          const topology = readTopology(server, reply.text);
          this.#commands = command === CONFIG ? [CONFIG, GET] : [GET, CONFIG];
          return { kind: 'topology', topology };
        }
        case 'unknown-command':
          break;
        case 'full':
          throw problem(
            'SESS_DISCOVERY_UNREACHABLE',
            server,
            'takes no more connections: it has as many as its limit allows (memcached -c; stats: max_connections). ' +
              'Raise the limit, or connect fewer processes.',
          );
        case 'nothing':
          // For `get` it is an ordinary miss, as from any memcached.
          if (command === CONFIG)
            throw problem(
              'SESS_DISCOVERY_EMPTY',
              server,
              'answered, but knows no nodes (yet). Is the cluster still being created?',
            );
          break;
        case 'refused':
          throw refused(server, reply.line);
        case 'malformed':
          throw problem('SESS_DISCOVERY_MALFORMED', server, `gave an answer that can't be read: ${reply.reason}.`);
      }
    }
    return { kind: 'no-cluster' };
  }

  async #resolve({ id, host }: Server): Promise<readonly string[]> {
    if (isIP(host) !== 0) return [host];
    let cause: unknown;
    try {
      const addresses = await this.#environment.lookup(host);
      if (addresses.length > 0) return addresses;
    } catch (error) {
      cause = error;
    }
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    const message = `The name of ${id} can't be resolved${code}. Check its spelling, and that this network's DNS knows it.`;
    throw new DiscoveryError('SESS_DISCOVERY_UNREACHABLE', message, { endpoint: id, cause });
  }
}

function readTopology(server: Server, payload: string): Topology {
  const configuration = parseConfiguration(payload);
  if (configuration.kind === 'topology') return configuration.topology;
  if (configuration.kind === 'empty')
    throw problem('SESS_DISCOVERY_EMPTY', server, `answered without a node: ${configuration.reason}.`);
  throw problem('SESS_DISCOVERY_MALFORMED', server, `gave a list that can't be read: ${configuration.reason}.`);
}

function refused(server: Server, line: string): DiscoveryError {
  // memcached with -Y: "CLIENT_ERROR unauthenticated".
  if (/authenticat/iu.test(line))
    return problem(
      'SESS_DISCOVERY_AUTH',
      server,
      `asks for a user name and password (${excerpt(line)}). Set the option "credentials".`,
    );
  return problem('SESS_DISCOVERY_SERVER', server, `answered ${excerpt(line)}.`);
}

function problem(code: DiscoveryErrorCode, server: Server, what: string): DiscoveryError {
  return new DiscoveryError(code, `${server.id} ${what}`, { endpoint: server.id });
}

/** Sorted by how far a server got: the last one says most about the cause. */
const TELLING: readonly DiscoveryErrorCode[] = [
  'SESS_DISCOVERY_UNREACHABLE',
  'SESS_DISCOVERY_SERVER',
  'SESS_DISCOVERY_EMPTY',
  'SESS_DISCOVERY_MALFORMED',
  'SESS_DISCOVERY_TLS',
  'SESS_DISCOVERY_AUTH',
];

function telling(error: unknown): number {
  return DiscoveryError.is(error) ? TELLING.indexOf(error.code) : -1;
}

function mostTelling(all: AggregateError): unknown {
  const errors: readonly unknown[] = all.errors;
  const told = errors.toSorted((a, b) => telling(b) - telling(a))[0];
  if (errors.length === 1 || !DiscoveryError.is(told)) return told;
  return new DiscoveryError(
    told.code,
    `${told.message} (Its other ${errors.length - 1} addresses did not answer either.)`,
    {
      endpoint: told.endpoint,
      cause: all,
    },
  );
}
