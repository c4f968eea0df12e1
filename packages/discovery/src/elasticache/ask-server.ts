import { isIP } from 'node:net';
import type { Environment } from '../environment.ts';
import { DiscoveryError, type DiscoveryErrorCode } from '../errors.ts';
import { firstAnswer } from '../first-answer.ts';
import type { Topology } from '../topology.ts';
import { parseConfiguration } from './configuration.ts';
import type { ResolvedElasticacheOptions } from './elasticache-options.ts';
import { exchange } from './exchange.ts';
import { excerpt, type Reply } from './reply.ts';
import type { Server } from './server.ts';

/** A server's answer about its cluster. */
export type Answer =
  | { readonly kind: 'topology'; readonly topology: Topology }
  /** The server knows no cluster: ElastiCache Serverless, or a plain memcached. */
  | { readonly kind: 'no-cluster' };

/** How far a question got: the name was resolved, a connection was accepted. */
export type Step = 'resolved' | 'accepted';

/** ElastiCache engines from 1.4.14 on know it. */
const CONFIG = 'config get cluster';
/** How long one address or node may be silent before the next one is asked as well, in milliseconds. */
const STAGGER_MS = 250;

/** The stagger that leaves half of `timeoutMs` even for the last of `count`. */
export function staggerMs(count: number, timeoutMs: number): number {
  return Math.min(STAGGER_MS, timeoutMs / 2 / count);
}

/**
 * Asks servers for their list of nodes. Engines before 1.4.14 keep it under the key `AmazonElastiCache:cluster`, where
 * every client can write: a list from there could lead this client, with its credentials, to any host. It is never read.
 *
 * Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/AutoDiscovery.AddingToYourClientLibrary.html
 */
export class ServerAsker {
  readonly #options: ResolvedElasticacheOptions;
  readonly #environment: Environment;

  constructor(options: ResolvedElasticacheOptions, environment: Environment) {
    this.#options = options;
    this.#environment = environment;
  }

  /**
   * Resolves the server's name again and asks its addresses until one answers.
   *
   * @param reached called with each step
   */
  async askByName(server: Server, signal: AbortSignal, reached?: (step: Step) => void): Promise<Answer> {
    const addresses = await this.#resolve(server);
    reached?.('resolved');
    const accepted = (): void => reached?.('accepted');
    const pace = {
      staggerMs: staggerMs(addresses.length, this.#options.timeoutMs),
      clock: this.#environment.clock,
      signal,
    };
    try {
      return await firstAnswer(addresses, (address, stop) => this.askAddress(server, address, stop, accepted), pace);
    } catch (error) {
      throw error instanceof AggregateError ? mostTelling(error) : error;
    }
  }

  /** Asks the server at this address. */
  async askAddress(server: Server, address: string, signal: AbortSignal, accepted?: () => void): Promise<Answer> {
    const reply = await this.#send(CONFIG, server, address, signal, accepted);
    switch (reply.kind) {
      case 'payload':
        return { kind: 'topology', topology: readTopology(server, reply.text) };
      case 'unknown-command':
        refuseOldEngine(server, await this.#send('version', server, address, signal));
        return { kind: 'no-cluster' };
      case 'full':
        throw problem(
          'SESS_DISCOVERY_UNREACHABLE',
          server,
          'takes no more connections: it has as many as its limit allows (memcached -c; stats: max_connections). ' +
            'Raise the limit, or connect fewer processes.',
        );
      case 'nothing':
        throw problem(
          'SESS_DISCOVERY_EMPTY',
          server,
          'answered, but knows no nodes (yet). Is the cluster still being created?',
        );
      case 'refused':
        throw refused(server, reply.line);
      case 'version':
        throw unreadable(server, 'it is a version');
      case 'malformed':
        throw unreadable(server, reply.reason);
    }
  }

  #send(command: string, server: Server, address: string, signal: AbortSignal, accepted?: () => void): Promise<Reply> {
    const { tls, credentials } = this.#options;
    return exchange(server, { address, command, tls, credentials, signal, accepted });
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

/** Such an engine may have a list, so it must not pass for a server without one. */
function refuseOldEngine(server: Server, reply: Reply): void {
  if (reply.kind !== 'version' || !BEFORE_CONFIG.test(reply.version)) return;
  throw problem(
    'SESS_DISCOVERY_SERVER',
    server,
    `runs memcached ${reply.version}, and engines before 1.4.14 list their nodes only under a key that every client can change. ` +
      'Upgrade the engine, or give the nodes as a list.',
  );
}

/** Before 1.4.14. ElastiCache offered 1.4.5. */
const BEFORE_CONFIG = /^1\.4\.(?:\d|1[0-3])$/u;

function unreadable(server: Server, reason: string): DiscoveryError {
  return problem('SESS_DISCOVERY_MALFORMED', server, `gave an answer that can't be read: ${reason}.`);
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
