import { withDeadline } from '../deadline.ts';
import type { Environment } from '../environment.ts';
import { DiscoveryError } from '../errors.ts';
import { firstAnswer } from '../first-answer.ts';
import { canonicalId } from '../node-address.ts';
import { clusterNode, topologyOf } from '../topology-value.ts';
import type { ClusterNode, Topology } from '../topology.ts';
import type { Finding, Look } from '../watch.ts';
import { type Answer, ServerAsker, staggerMs, type Step } from './ask-server.ts';
import type { ResolvedElasticacheOptions } from './elasticache-options.ts';
import { VersionGate } from './version-gate.ts';

interface EndpointAnswer {
  readonly topology: Topology;
  readonly answeredBy: string;
}

/**
 * Asks the endpoint for the list. If that fails, asks the nodes of the last good list, which know it too. If they fail
 * too and the endpoint was out of reach, resolves its name again and asks it once more. Each of the three takes at most
 * `timeoutMs`.
 */
export function elasticacheLook(options: ResolvedElasticacheOptions, environment: Environment): Look {
  const { endpoint, timeoutMs, pollIntervalMs } = options;
  const { clock } = environment;
  const asker = new ServerAsker(options, environment);
  const gate = new VersionGate(pollIntervalMs, clock);

  async function askEndpoint(current: Topology | undefined, signal: AbortSignal): Promise<EndpointAnswer> {
    let reached: Step | undefined;
    const late = (): DiscoveryError => endpointIsLate(options, reached);
    const answer = await withDeadline(timeoutMs, late, { clock, signal }, (stop) =>
      asker.askByName(endpoint, stop, (step) => (reached = step)),
    );
    if (answer.kind === 'topology') return { topology: answer.topology, answeredBy: endpoint.id };
    if (current?.version !== undefined) throw notAnyMore(endpoint.id);
    return { topology: topologyOf([clusterNode(endpoint)]), answeredBy: endpoint.id };
  }

  async function askNodes(nodes: readonly ClusterNode[], signal: AbortSignal): Promise<EndpointAnswer> {
    const late = (): DiscoveryError =>
      new DiscoveryError(
        'SESS_DISCOVERY_TIMEOUT',
        `None of the ${nodes.length} known nodes returned the list within ${timeoutMs} ms.`,
        {
          endpoint: endpoint.id,
        },
      );
    const askNode = async (node: ClusterNode, stop: AbortSignal): Promise<EndpointAnswer> => {
      // The address from the last list, if there is one: the name servers may be down.
      const answer = await (node.address === undefined
        ? asker.askByName(node, stop)
        : asker.askAddress(node, node.address, stop));
      return { topology: sameCluster(node, answer, nodes), answeredBy: node.id };
    };
    return withDeadline(timeoutMs, late, { clock, signal }, (stop) =>
      firstAnswer(shuffled(nodes, environment.random), askNode, {
        staggerMs: staggerMs(nodes.length, timeoutMs),
        clock,
        signal: stop,
      }),
    );
  }

  return async (current, signal) => {
    const failures: Error[] = [];
    const attempt = async (ask: () => Promise<EndpointAnswer>): Promise<EndpointAnswer | undefined> => {
      try {
        return await ask();
      } catch (error) {
        if (signal.aborted) throw error;
        failures.push(...(error instanceof AggregateError ? (error.errors as Error[]) : [error as Error]));
        return undefined;
      }
    };
    const others = (current?.nodes ?? []).filter((node) => node.id !== endpoint.id);

    let answer = await attempt(() => askEndpoint(current, signal));
    if (answer === undefined && others.length > 0) {
      const silent = wasSilent(failures[0]);
      answer = await attempt(() => askNodes(others, signal));
      if (answer === undefined && silent) answer = await attempt(() => askEndpoint(current, signal));
    }
    if (answer === undefined) throw lookFailed(failures, others.length);
    return weigh(current, answer, failures);
  };

  function weigh(
    current: Topology | undefined,
    { topology, answeredBy }: EndpointAnswer,
    failures: readonly Error[],
  ): Finding {
    if (current === undefined || gate.admits(current, topology, answeredBy === endpoint.id))
      return { topology, answeredBy, failures };
    return {
      topology: current,
      answeredBy,
      failures,
      ...(topology.version === undefined ? undefined : { ignoredVersion: topology.version }),
    };
  }
}

function endpointIsLate(
  { endpoint: { id }, timeoutMs, tls }: ResolvedElasticacheOptions,
  reached: Step | undefined,
): DiscoveryError {
  const orTls =
    tls === undefined
      ? 'expects TLS (elasticaches:// or the option "tls")'
      : 'does not speak TLS (elasticache://, or leave out the option "tls")';
  const message =
    reached === undefined
      ? `The name of ${id} was not resolved within ${timeoutMs} ms. Check that the DNS servers of this host answer.`
      : reached === 'resolved'
        ? `${id} did not answer within ${timeoutMs} ms. Check that the network lets this host reach it.`
        : `${id} accepted the connection, but did not answer within ${timeoutMs} ms: it hangs, or ${orTls}, or speaks only the binary protocol (memcached -B binary).`;
  return new DiscoveryError('SESS_DISCOVERY_TIMEOUT', message, { endpoint: id });
}

/**
 * Accepts a node's list only if it shares a node with the known list: the address may belong to another cluster now.
 */
function sameCluster(node: ClusterNode, answer: Answer, known: readonly ClusterNode[]): Topology {
  if (answer.kind === 'no-cluster') throw notAnyMore(node.id);
  const ids = new Set(known.map(canonicalId));
  if (answer.topology.nodes.some((listed) => ids.has(canonicalId(listed)))) return answer.topology;
  throw new DiscoveryError(
    'SESS_DISCOVERY_SERVER',
    `${node.id} returned the list of another cluster. Its address was probably reassigned.`,
    {
      endpoint: node.id,
    },
  );
}

function notAnyMore(id: string): DiscoveryError {
  return new DiscoveryError(
    'SESS_DISCOVERY_SERVER',
    `${id} answers, but not to discovery commands, though its cluster has a list. The last list stays in force.`,
    { endpoint: id },
  );
}

function wasSilent(error: Error | undefined): boolean {
  return (
    DiscoveryError.is(error) && (error.code === 'SESS_DISCOVERY_TIMEOUT' || error.code === 'SESS_DISCOVERY_UNREACHABLE')
  );
}

/** The endpoint's failure, because a user can fix that one. */
function lookFailed(failures: readonly Error[], nodesAsked: number): Error {
  const [first] = failures;
  if (failures.length === 1 || !DiscoveryError.is(first)) return first ?? new AggregateError([], 'nobody was asked');
  const message = `${first.message} The known nodes did not return the list either (${nodesAsked} asked).`;
  return new DiscoveryError(first.code, message, {
    endpoint: first.endpoint,
    cause: new AggregateError(failures, message),
  });
}

/** In random order, so that an outage of the endpoint does not send every client to the same node. */
function shuffled(nodes: readonly ClusterNode[], random: () => number): readonly ClusterNode[] {
  return nodes
    .map((node) => ({ node, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ node }) => node);
}
