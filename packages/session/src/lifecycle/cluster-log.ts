/**
 * Logs what an operator must know about the nodes: one line per event, with what to do. The channels carry the events
 * of all clients in this process; this log skips events that name a node of another cluster.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import type {
  DiscoveryErrorMessage,
  HandoverMessage,
  HistoryRefusedMessage,
  NodeMessage,
  TombstoneDroppedMessage,
  TopologyMessage,
  ViewsDisagreeMessage,
} from '../stores/memcached-store.ts';
import type { LogEntry, SessionsLog } from './outage-log.ts';

/** The same event is logged at most once in this time. */
const QUIET_MS = 600_000;

export class ClusterLog {
  readonly #log: SessionsLog;
  readonly #now: () => number;
  readonly #isOurs: (node: string) => boolean;
  /** When each event was last logged. */
  readonly #toldAt = new Map<string, number>();
  /** Nodes logged as down, and since when. */
  readonly #down = new Map<string, number>();
  /**
   * Nodes that went down again soon after the last line. They are logged if they stay down, because "up again" must not
   * be the last line.
   */
  readonly #downAgain = new Map<string, NodeJS.Timeout>();
  #isInterrupted = false;
  readonly #listeners: readonly (readonly [channel: string, listener: (message: unknown) => void])[];

  constructor(log: SessionsLog, now: () => number, isOurs: (node: string) => boolean) {
    this.#log = log;
    this.#isOurs = isOurs;
    this.#now = now;
    this.#listeners = [
      ['sess:client:node', (message) => this.#node(message as NodeMessage)],
      ['sess:client:topology', (message) => this.#topology(message as TopologyMessage)],
      ['sess:client:discovery-error', (message) => this.#list(message as DiscoveryErrorMessage)],
      ['sess:client:views-disagree', (message) => this.#views(message as ViewsDisagreeMessage)],
      ['sess:client:history-refused', (message) => this.#history(message as HistoryRefusedMessage)],
      ['sess:client:handover', (message) => this.#handover(message as HandoverMessage)],
      ['sess:client:tombstone-dropped', (message) => this.#dropped(message as TombstoneDroppedMessage)],
    ];
    for (const [channel, listener] of this.#listeners) subscribe(channel, listener);
  }

  /** Idempotent. */
  close(): void {
    for (const [channel, listener] of this.#listeners) unsubscribe(channel, listener);
    for (const node of this.#downAgain.keys()) this.#isNotDown(node);
  }

  #node({ node, to, cause }: NodeMessage): void {
    const since = this.#down.get(node);
    if (to === 'down' && since === undefined && !this.#downAgain.has(node)) {
      if (!this.#isOurs(node)) return;
      if (this.#isDue(`down ${node}`)) return this.#isDown(node, cause, this.#now());
      const downSince = this.#now();
      const stays = (): void => {
        this.#downAgain.delete(node);
        this.#toldAt.set(`down ${node}`, this.#now());
        this.#isDown(node, cause, downSince);
      };
      this.#downAgain.set(node, setTimeout(stays, QUIET_MS).unref());
    } else if (to === 'up' && since === undefined) {
      this.#isNotDown(node);
    } else if (to === 'up' && since !== undefined) {
      this.#down.delete(node);
      const seconds = Math.max(0, Math.round((this.#now() - since) / 1_000));
      this.#tell('info', `Node ${node} is up again after ${seconds} s.`);
    }
  }

  #isDown(node: string, cause: Error | undefined, since: number): void {
    this.#down.set(node, since);
    const why = cause === undefined ? '' : `: ${oneLine(cause.message)}`;
    this.#tell(
      'error',
      `Node ${node} is down${why}. New sessions go to the other nodes; sessions that are only on it are out of reach until it answers. ` +
        'Check that it runs and that this machine reaches it (sess doctor); see "A node is down" in docs/operations/runbooks.md.',
    );
  }

  #isNotDown(node: string): void {
    this.#down.delete(node);
    clearTimeout(this.#downAgain.get(node));
    this.#downAgain.delete(node);
  }

  #topology({ nodes, added, removed }: TopologyMessage): void {
    for (const node of removed) this.#isNotDown(node);
    if (removed.length === 0 || added.length < nodes.length) return;
    if (!removed.some(this.#isOurs) || !this.#isDue('other cluster')) return;
    this.#tell(
      'error',
      `The list of nodes has none of the earlier nodes: now ${nodes.join(', ')}, before ${removed.join(', ')}. Is it another cluster? ` +
        'Sessions on the former nodes are found only while they answer. Compare "servers" with the cluster that was meant.',
    );
  }

  #list({ error }: DiscoveryErrorMessage): void {
    if (!this.#isDue('list')) return;
    this.#tell(
      'warn',
      `The list of nodes can not be read: ${oneLine(error.message)}. The last good one stays in use, so a node that comes or goes is not noticed. ` +
        'Check the endpoint or DNS name in "servers" from this machine (sess doctor).',
    );
  }

  #views({ nodes, otherNodes }: ViewsDisagreeMessage): void {
    if (!nodes.some(this.#isOurs) || !this.#isDue('views')) return;
    this.#tell(
      'warn',
      `Another application server keeps using other nodes: ${otherNodes.join(', ')}; this one uses ${nodes.join(', ')}. Nothing is lost, but no handover ends. ` +
        'Compare their "servers" and what each reaches (sess doctor on both); see "Nodes disagree" in docs/operations/runbooks.md.',
    );
  }

  #history({ node, detail }: HistoryRefusedMessage): void {
    if (!this.#isOurs(node) || !this.#isDue(`history ${node}`)) return;
    this.#tell(
      'warn',
      `The history of the cluster on node ${node} was refused: ${oneLine(detail)}. ` +
        'Give all application servers the same secret and version, and let nobody else write to the nodes.',
    );
  }

  #handover({ phase, error }: HandoverMessage): void {
    if (phase === 'interrupted' && this.#isDue('handover')) {
      this.#isInterrupted = true;
      const why = error instanceof Error ? `: ${oneLine(error.message)}` : '';
      this.#tell(
        'warn',
        `A handover could not be finished${why}. Nothing is lost, and it is retried, but earlier nodes are still read until then: do not stop them. ` +
          'sess status shows what is open; see "Scale up" in docs/operations/runbooks.md.',
      );
    } else if (phase === 'done' && this.#isInterrupted) {
      this.#isInterrupted = false;
      this.#tell('info', 'The handover is finished: earlier nodes are not read any more.');
    }
  }

  #dropped({ node, dropped }: TombstoneDroppedMessage): void {
    if (!this.#isOurs(node) || !this.#isDue(`dropped ${node}`)) return;
    this.#tell(
      'warn',
      `Too many deletions wait for node ${node}; ${dropped} were dropped. The node is not trusted when it returns, so it logs nobody in again. ` +
        'Replace the node, or bring it back empty.',
    );
  }

  #isDue(what: string): boolean {
    const now = this.#now();
    const toldAt = this.#toldAt.get(what);
    if (toldAt !== undefined && Math.abs(now - toldAt) < QUIET_MS) return false;
    this.#toldAt.set(what, now);
    return true;
  }

  #tell(level: LogEntry['level'], message: string): void {
    this.#log({ level, message });
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\s.]+$/, '');
}
