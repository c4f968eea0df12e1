/**
 * One log for all that share a client: several stores and adapters over one client see the same outages and the same
 * nodes, and an operator needs each line once.
 */
import { ClusterLog } from './cluster-log.ts';
import { OutageLog, type LogEntry, type Outage, type SessionsLog } from './outage-log.ts';

/** The client that the lines are about, because it is the one thing that all its users share. */
export interface LoggedClient {
  readonly topology: { readonly states: ReadonlyMap<string, unknown> };
}

export interface LogOptions {
  readonly log: SessionsLog;
  /**
   * Whether the application passed the log. The default log gets no lines about nodes: they would become process
   * warnings.
   */
  readonly isGiven: boolean;
  readonly now: () => number;
}

export interface OperatorLog {
  /** The log of one kind of outage. */
  outages(of: Outage): OutageLog;
  /** Idempotent. */
  close(): void;
}

const shared = new WeakMap<LoggedClient, SharedLog>();

/** Opens the log for `client`; `undefined` for a store outside a cluster, which shares its log with no other. */
export function openOperatorLog(client: LoggedClient | undefined, options: LogOptions): OperatorLog {
  const { log, now } = options;
  if (client === undefined) return { outages: (of) => new OutageLog(log, now, of), close: () => undefined };
  const all = shared.get(client) ?? new SharedLog(client, now);
  shared.set(client, all);
  all.join(options);
  return {
    outages: (of) => all.outages(of),
    close: () => all.leave(options),
  };
}

class SharedLog {
  readonly #client: LoggedClient;
  readonly #now: () => number;
  /** In the order in which they joined. */
  readonly #logs = new Set<LogOptions>();
  readonly #outages = new Map<Outage, OutageLog>();
  #cluster: ClusterLog | undefined;

  constructor(client: LoggedClient, now: () => number) {
    this.#client = client;
    this.#now = now;
  }

  join(options: LogOptions): void {
    this.#logs.add(options);
    if (options.isGiven)
      this.#cluster ??= new ClusterLog(this.#write, this.#now, (node) => this.#client.topology.states.has(node));
  }

  leave(options: LogOptions): void {
    this.#logs.delete(options);
    if ([...this.#logs].some(({ isGiven }) => isGiven)) return;
    this.#cluster?.close();
    this.#cluster = undefined;
  }

  outages(of: Outage): OutageLog {
    const known = this.#outages.get(of) ?? new OutageLog(this.#write, this.#now, of);
    this.#outages.set(of, known);
    return known;
  }

  /** Writes to one log only: the first that an application passed, otherwise the default one. */
  readonly #write = (entry: LogEntry): void => {
    const [first, ...others] = this.#logs;
    const given = [first, ...others].find((options) => options?.isGiven === true);
    (given ?? first)?.log(entry);
  };
}
