import { openClient } from '@sess/demo-app';
import type { AppConfig } from './app-messages.ts';
import { ANSWER_TIMEOUT_MS, READY_TIMEOUT_MS, type SessionBackend } from './session-backend.ts';

/** This project's client over the endpoint's list, opened as the demo apps open it. */
export function openSessClientBackend({ endpoint, pollIntervalMs, copies, transport }: AppConfig): SessionBackend {
  const settings = `pollIntervalMs=${pollIntervalMs}&timeoutMs=${ANSWER_TIMEOUT_MS}&readyTimeoutMs=${READY_TIMEOUT_MS}`;
  const client = openClient({ servers: `elasticache://${endpoint}?${settings}`, copies, transport });
  return {
    sessions: { client },
    ready: () => client.ready(),
    status: () => {
      const { nodes, states } = client.topology;
      return { nodes: nodes.map((node) => node.id), down: nodes.filter((node) => states.get(node.id) === 'down').map((node) => node.id) };
    },
    close: () => client.close(),
  };
}
