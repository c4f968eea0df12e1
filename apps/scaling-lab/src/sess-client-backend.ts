import { createClient } from '@sess/client';
import type { AppConfig } from './app-messages.ts';
import { discoveryOf } from './node-source.ts';
import { ANSWER_TIMEOUT_MS, READY_TIMEOUT_MS, type SessionBackend } from './session-backend.ts';

/** How often a client of the lab reads and confirms the history, in milliseconds; by default every 10,000. */
const HISTORY_INTERVAL_MS = 500;
/** One machine has one clock; by default 5,000 ms are allowed for. */
const CLOCK_SKEW_MS = 100;

/** This project's client over the list, with clients that agree on a change within two seconds rather than 35. */
export async function openSessClientBackend({ nodes, pollIntervalMs, copies, transport }: AppConfig): Promise<SessionBackend> {
  const client = createClient({
    discovery: discoveryOf(nodes, pollIntervalMs),
    transport: transport === 'memjs' ? (await import('@sess/memjs-transport')).memjsTransport() : undefined,
    copies,
    timeoutMs: ANSWER_TIMEOUT_MS,
    readyTimeoutMs: READY_TIMEOUT_MS,
    historyIntervalMs: HISTORY_INTERVAL_MS,
    handover: { clockSkewMs: CLOCK_SKEW_MS },
  });
  return {
    sessions: { client },
    ready: () => client.ready(),
    status: () => {
      const { nodes: listed, states } = client.topology;
      return {
        nodes: listed.map((node) => node.id),
        down: listed.filter((node) => states.get(node.id) === 'down').map((node) => node.id),
      };
    },
    drain: async (node) => void (await client.drain(node)),
    close: () => client.close(),
  };
}
