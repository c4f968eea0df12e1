/**
 * Decides which cluster a node belongs to. A cluster has a random name, created with its first history and stored in
 * it. A reused address must not join two clusters: a node with another name is not used.
 *
 * If two clients name the cluster at the same time, both names mean the same cluster: the history of one then names a
 * node that has the other, or one finds the other's name on a node where it read none before it made its own.
 */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** 72 bits: unique, but no secret. */
const NAME_LENGTH = 12;

/** What the histories on a node say about its cluster. */
export interface NodeIdentity {
  /** The cluster's name in its history; empty if there is none, as in earlier versions. */
  readonly cluster: string;
  /**
   * Names in the node's other histories, of applications with other secrets: the node belongs to their cluster, too.
   */
  readonly also: readonly string[];
  /** Whether it holds neither a history nor a fence, like a new node. */
  readonly isBlank: boolean;
  /** Ids of the nodes that its history names. */
  readonly names: ReadonlySet<string>;
  /** When a client last confirmed a view in its history, milliseconds since 1970; 0 without one. */
  readonly confirmedAt: number;
}

export class ClusterIdentity {
  readonly #random: () => number;
  readonly #agreementMs: number;
  #own = '';
  /**
   * Whether the name was seen on a node, and none is {@link #unnamed}. Until then it may still change: another client
   * may name the cluster at the same time, by another list.
   */
  #isConfirmed = false;
  /** The name that this client made. */
  #made = '';
  /** The nodes that had no name when this client made one, and where neither its own nor another was seen since. */
  readonly #unnamed = new Set<string>();
  /** All names of this cluster, if it has several. */
  readonly #twins = new Set<string>();
  readonly #nodes = new Map<string, NodeIdentity>();

  /**
   * @param random returns numbers in [0, 1), for the name
   * @param agreementMs longest time between the confirmations of a view that clients act on
   */
  constructor(random: () => number, agreementMs: number) {
    this.#random = random;
    this.#agreementMs = agreementMs;
  }

  /** The name of the cluster; empty while it has none. */
  get own(): string {
    return this.#own;
  }

  /** The nodes of other clusters: that cluster's name by node id. */
  get foreign(): ReadonlyMap<string, string> {
    const foreign = new Map<string, string>();
    for (const [id, { cluster }] of this.#nodes) if (this.isOther(cluster)) foreign.set(id, cluster);
    return foreign;
  }

  isOther(cluster: string): boolean {
    return cluster !== '' && this.#own !== '' && cluster !== this.#own && !this.#twins.has(cluster);
  }

  isBlank(id: string): boolean {
    return this.#nodes.get(id)?.isBlank === true;
  }

  /** Names the cluster if it has no name. Call it after every listed node was read. */
  make(listed: Iterable<string>): void {
    if (this.#own !== '') return;
    const letters = Array.from({ length: NAME_LENGTH }, () => ALPHABET[Math.floor(this.#random() * ALPHABET.length)]);
    this.#made = letters.join('');
    this.#own = this.#made;
    for (const id of listed) this.#unnamed.add(id);
  }

  /** The node has the history of this cluster now. */
  stored(id: string): void {
    if (this.#own === '') return;
    this.#unnamed.delete(id);
    this.#isConfirmed ||= this.#unnamed.size === 0;
    const { names = new Set<string>(), also = [], confirmedAt = 0 } = this.#nodes.get(id) ?? {};
    this.#nodes.set(id, { cluster: this.#own, also, isBlank: false, names, confirmedAt });
  }

  keepOnly(isWanted: (id: string) => boolean): void {
    for (const known of [this.#nodes, this.#unnamed])
      for (const id of known.keys()) if (!isWanted(id)) known.delete(id);
  }

  /**
   * Learns from the nodes that were read.
   *
   * @param listed ids of the nodes that discovery lists
   */
  learn(read: ReadonlyMap<string, NodeIdentity>, listed: ReadonlySet<string>): void {
    for (const [id, node] of read) this.#nodes.set(id, node);
    this.#findNamedMeanwhile();
    const onListed = [...listed].flatMap((id) => this.#nodes.get(id) ?? []);
    const isLeft = onListed.length > 0 && onListed.every(({ cluster }) => this.isOther(cluster));
    if (!this.#isConfirmed || isLeft) this.#own = this.#mostCommonName(onListed, listed) ?? this.#own;
    const isOn = ({ cluster }: NodeIdentity): boolean => cluster !== '' && cluster === this.#own;
    this.#isConfirmed ||= this.#unnamed.size === 0 && [...this.#nodes.values()].some((node) => isOn(node));
    this.#findTwins();
    this.#findOtherSecrets();
  }

  /** A node belongs to one cluster, so the names that several applications stored on it mean the same one. */
  #findOtherSecrets(): void {
    for (const { cluster, also } of this.#nodes.values()) {
      const names = [cluster, ...also];
      if (also.length > 0 && names.some((name) => name !== '' && !this.isOther(name)))
        for (const name of names) this.#twins.add(name);
    }
  }

  /** Another client named these nodes while this one named the cluster. */
  #findNamedMeanwhile(): void {
    for (const id of this.#unnamed) {
      const { cluster = '' } = this.#nodes.get(id) ?? {};
      if (cluster === '') continue;
      this.#unnamed.delete(id);
      if (cluster !== this.#made) this.#twins.add(cluster).add(this.#made);
    }
  }

  #findTwins(): void {
    for (const [id, { cluster, names }] of this.#nodes) {
      if (!this.isOther(cluster)) continue;
      const namesOurs = [...names].some((name) => name !== id && this.#isOurs(this.#nodes.get(name)));
      if (!namesOurs) continue;
      // Both clients choose the same name.
      const [first = '', second = ''] = [this.#own, cluster].toSorted();
      this.#own = first;
      this.#twins.add(first).add(second);
    }
  }

  #isOurs(node: NodeIdentity | undefined): boolean {
    return node !== undefined && node.cluster !== '' && !this.isOther(node.cluster);
  }

  /**
   * The name that most of these nodes have; in a tie, the one whose history names more listed nodes. Nodes of a cluster
   * that nobody uses any more don't count beside those of one in use, however many they are.
   */
  #mostCommonName(onListed: readonly NodeIdentity[], listed: ReadonlySet<string>): string | undefined {
    const found = new Map<string, { nodes: number; named: number; confirmedAt: number }>();
    for (const { cluster, names, confirmedAt: at } of onListed) {
      if (cluster === '') continue;
      const { nodes = 0, named = 0, confirmedAt = 0 } = found.get(cluster) ?? {};
      const own = [...names].filter((id) => listed.has(id)).length;
      found.set(cluster, {
        nodes: nodes + 1,
        named: Math.max(named, own),
        confirmedAt: Math.max(confirmedAt, at),
      });
    }
    const latest = Math.max(0, ...[...found.values()].map(({ confirmedAt }) => confirmedAt));
    const [best] = [...found]
      .filter(([name, { confirmedAt }]) => name === this.#own || confirmedAt + this.#agreementMs >= latest)
      .toSorted(
        ([nameOne, one], [nameOther, other]) =>
          other.nodes - one.nodes || other.named - one.named || (nameOne < nameOther ? -1 : 1),
      );
    return best?.[0];
  }
}
