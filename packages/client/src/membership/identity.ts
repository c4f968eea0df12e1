/**
 * Which cluster a node belongs to. A cluster has a random name, made with its first history and kept in it. An address
 * that is used again in another cluster must not make two clusters one: a node that carries another name is not used.
 *
 * Two names are one cluster where two clients made one each at the same moment: the history of one then names a node
 * that carries the other.
 */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** 72 bits: nobody has to guess it, and no two clusters have the same. */
const NAME_LENGTH = 12;

/** What a node was found to hold. */
export interface Carried {
  /** The name of the cluster in its history; empty without one, as earlier versions write it. */
  readonly cluster: string;
  /** Names in other histories that it holds, of applications with other secrets: it belongs to theirs as well. */
  readonly also: readonly string[];
  /** Whether it holds nothing of a history, as a new node does. */
  readonly isBlank: boolean;
  /** Ids of the nodes that its history names. */
  readonly names: ReadonlySet<string>;
}

export class ClusterIdentity {
  readonly #random: () => number;
  #own = '';
  /** Whether a node was ever seen to carry the name: until then it binds nobody. */
  #stood = false;
  /** Other names of this cluster. */
  readonly #twins = new Set<string>();
  readonly #carried = new Map<string, Carried>();

  /** @param random From 0 to less than 1, for the name. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** The name of the cluster; empty as long as it has none. */
  get own(): string {
    return this.#own;
  }

  /** Ids of the nodes that carry the name of another cluster, and that name. */
  get foreign(): ReadonlyMap<string, string> {
    const foreign = new Map<string, string>();
    for (const [id, { cluster }] of this.#carried) if (this.isOther(cluster)) foreign.set(id, cluster);
    return foreign;
  }

  isOther(cluster: string): boolean {
    return cluster !== '' && this.#own !== '' && cluster !== this.#own && !this.#twins.has(cluster);
  }

  isBlank(id: string): boolean {
    return this.#carried.get(id)?.isBlank === true;
  }

  /** Gives the cluster a name, if it has none: every listed node was read, and none carries one. */
  make(): void {
    if (this.#own !== '') return;
    const letters = Array.from({ length: NAME_LENGTH }, () => ALPHABET[Math.floor(this.#random() * ALPHABET.length)]);
    this.#own = letters.join('');
  }

  /** The node was told the history of this cluster. */
  told(id: string): void {
    if (this.#own === '') return;
    this.#stood = true;
    const { names = new Set<string>(), also = [] } = this.#carried.get(id) ?? {};
    this.#carried.set(id, { cluster: this.#own, also, isBlank: false, names });
  }

  keepOnly(isWanted: (id: string) => boolean): void {
    for (const id of this.#carried.keys()) if (!isWanted(id)) this.#carried.delete(id);
  }

  /** These were read. `listed`: ids of the nodes that discovery lists. */
  learn(read: ReadonlyMap<string, Carried>, listed: ReadonlySet<string>): void {
    for (const [id, carried] of read) this.#carried.set(id, carried);
    const onListed = [...listed].flatMap((id) => this.#carried.get(id) ?? []);
    const isLeft = onListed.length > 0 && onListed.every(({ cluster }) => this.isOther(cluster));
    if (!this.#stood || isLeft) this.#own = mostCarried(onListed, listed) ?? this.#own;
    this.#stood ||= this.#isCarried(this.#own);
    this.#findTwins();
    this.#findOtherSecrets();
  }

  /** One node is of one cluster, however many applications have a name of their own for it. */
  #findOtherSecrets(): void {
    for (const { cluster, also } of this.#carried.values()) {
      const names = [cluster, ...also];
      if (also.length > 0 && names.some((name) => name !== '' && !this.isOther(name)))
        for (const name of names) this.#twins.add(name);
    }
  }

  #findTwins(): void {
    for (const [id, { cluster, names }] of this.#carried) {
      if (!this.isOther(cluster)) continue;
      const namesOurs = [...names].some((name) => name !== id && this.#isOurs(this.#carried.get(name)));
      if (!namesOurs) continue;
      // Both choose the same.
      const [first = '', second = ''] = [this.#own, cluster].toSorted();
      this.#own = first;
      this.#twins.add(first).add(second);
    }
  }

  #isOurs(carried: Carried | undefined): boolean {
    return carried !== undefined && carried.cluster !== '' && !this.isOther(carried.cluster);
  }

  #isCarried(name: string): boolean {
    return name !== '' && [...this.#carried.values()].some(({ cluster }) => cluster === name);
  }
}

/** The name that most of these carry; of two, the one whose history names more of the list. */
function mostCarried(onListed: readonly Carried[], listed: ReadonlySet<string>): string | undefined {
  const found = new Map<string, { carriers: number; named: number }>();
  for (const { cluster, names } of onListed) {
    if (cluster === '') continue;
    const { carriers = 0, named = 0 } = found.get(cluster) ?? {};
    const own = [...names].filter((id) => listed.has(id)).length;
    found.set(cluster, { carriers: carriers + 1, named: Math.max(named, own) });
  }
  const [best] = [...found].toSorted(
    ([nameOne, one], [nameOther, other]) =>
      other.carriers - one.carriers || other.named - one.named || (nameOne < nameOther ? -1 : 1),
  );
  return best?.[0];
}
