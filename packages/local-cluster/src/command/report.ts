import type { LocalElastiCache } from '../elasticache/local-elasticache.ts';
import type { LocalCluster, LocalNode } from '../local-cluster.ts';

/** A node with a number for commands, which stays the same while the cluster runs. */
export interface NumberedNode extends LocalNode {
  readonly number: number;
}

/** Prints events: as text for people, or as one JSON object per line for programs. */
export interface Report {
  started(cluster: LocalCluster, nodes: readonly NumberedNode[]): void;
  /** Called after each successful command, and for `list`. */
  nodes(command: string, cluster: LocalCluster, nodes: readonly NumberedNode[]): void;
  elastiCacheStarted(standIn: LocalElastiCache): void;
  /** Called after each successful command, and for `list`. */
  elastiCache(command: string, standIn: LocalElastiCache): void;
  endpointStarted(address: string, list: readonly string[]): void;
  failed(code: string, message: string): void;
  stopped(): void;
}

/** An output stream: a standard one, or a test's. */
export interface Writer {
  write(text: string): unknown;
}

export function textReport(output: Writer, errors: Writer): Report {
  return {
    started(cluster, nodes) {
      output.write(`runtime ${cluster.runtime}: ${cluster.runtimeReason}\n`);
      output.write(`configuration endpoint ${cluster.configurationEndpoint} (${cluster.url})\n`);
      output.write(table(nodes));
    },
    nodes(_command, cluster, nodes) {
      output.write(`configuration version ${cluster.configurationVersion}\n${table(nodes)}`);
    },
    elastiCacheStarted(standIn) {
      output.write(`runtime ${standIn.runtime}: ${standIn.runtimeReason}\n`);
      output.write(`configuration endpoint ${standIn.configurationEndpoint} (${standIn.url})\n`);
      output.write(
        `API of the cluster "${standIn.clusterId}": AWS_ENDPOINT_URL=${standIn.apiEndpoint}, no credentials are checked\n`,
      );
      output.write(cacheNodeTable(standIn));
    },
    elastiCache(_command, standIn) {
      output.write(
        `${standIn.status}, configuration version ${standIn.configurationVersion}\n${cacheNodeTable(standIn)}`,
      );
    },
    endpointStarted(address, list) {
      output.write(`configuration endpoint ${address} lists ${list.join(', ')}\n`);
    },
    failed(_code, message) {
      errors.write(`sess-cluster: ${message}\n`);
    },
    stopped() {
      output.write('stopped\n');
    },
  };
}

export function jsonReport(output: Writer): Report {
  const tell = (event: string, fields: object): void => void output.write(`${JSON.stringify({ event, ...fields })}\n`);
  return {
    started(cluster, nodes) {
      const { runtime, runtimeReason, configurationEndpoint, configurationVersion, url } = cluster;
      tell('started', { runtime, runtimeReason, configurationEndpoint, url, configurationVersion, nodes });
    },
    elastiCacheStarted({ runtime, runtimeReason, clusterId, configurationEndpoint, url, apiEndpoint, nodes }) {
      tell('started', { runtime, runtimeReason, clusterId, configurationEndpoint, url, apiEndpoint, nodes });
    },
    elastiCache: (command, { status, configurationVersion, nodes }) =>
      tell('nodes', { command, status, configurationVersion, nodes }),
    nodes: (command, { configurationVersion }, nodes) => tell('nodes', { command, configurationVersion, nodes }),
    endpointStarted: (configurationEndpoint, nodes) => tell('started', { configurationEndpoint, nodes }),
    failed: (code, message) => tell('error', { code, message }),
    stopped: () => tell('stopped', {}),
  };
}

function table(nodes: readonly NumberedNode[]): string {
  return nodes.map(({ number, id, state }) => `${String(number).padStart(3)}  ${id.padEnd(21)}  ${state}\n`).join('');
}

function cacheNodeTable({ nodes }: LocalElastiCache): string {
  return nodes
    .map(
      ({ cacheNodeId, id, address, zone, status }) => `${cacheNodeId}  ${id}  ${address ?? '-'}  ${zone}  ${status}\n`,
    )
    .join('');
}
