import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createClient, type RefillMessage } from '@sess/client';
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
  const restored: string[] = [];
  const onRefill = (message: unknown): void => {
    const { node, reason, phase } = message as RefillMessage;
    if (reason === 'left' && phase === 'done') restored.push(node);
  };
  subscribe('sess:client:refill', onRefill);
  return {
    sessions: { client },
    ready: () => client.ready(),
    status: () => {
      const { nodes: listed, states } = client.topology;
      return {
        nodes: listed.map((node) => node.id),
        down: listed.filter((node) => states.get(node.id) === 'down').map((node) => node.id),
        // Restoring has a node list its keys, which the binary protocol can't.
        restored: copies > 1 && transport === 'text' ? restored : undefined,
      };
    },
    drain: async (node) => void (await client.drain(node)),
    close: () => {
      unsubscribe('sess:client:refill', onRefill);
      return client.close();
    },
  };
}
