/** What was acknowledged of every session, and whether what is read agrees with it. */

export interface Account {
  readonly key: string;
  /** Changes that were acknowledged. */
  readonly acknowledged: Set<number>;
  /** A destruction was begun: from then on a miss is no loss. */
  destroying: boolean;
  destroyed: boolean;
  /** It was on a node whose loss nothing is promised for. */
  excused: boolean;
}

/** What had been acknowledged when work on a session began: what it finds may not be less. */
export interface Begun {
  readonly account: Account;
  readonly changes: readonly number[];
  readonly destroyed: boolean;
}

export type Fault = 'lost' | 'revived' | 'older state';

interface Claim {
  readonly account: Account;
  readonly change: number;
  readonly at: number;
}

/** Claims older than that are not taken back, milliseconds. */
const CLAIM_SETTLES_MS = 60_000;

export class AccountBook {
  readonly #accounts = new Map<string, Account>();
  /** The latest claims, oldest first. */
  #claims: Claim[] = [];
  /** Changes that nothing is claimed for. */
  disclaimed = 0;
  /** What did not hold, in words. */
  readonly faults: string[] = [];

  get accounts(): readonly Account[] {
    return [...this.#accounts.values()];
  }

  open(key: string): Account {
    const account: Account = { key, acknowledged: new Set(), destroying: false, destroyed: false, excused: false };
    this.#accounts.set(key, account);
    return account;
  }

  /** A change was acknowledged: from now on it must be there. */
  claim(account: Account, change: number): void {
    account.acknowledged.add(change);
    const at = performance.now();
    this.#claims.push({ account, change, at });
    // Now and then: each time would cost more than all the rest.
    if (at - (this.#claims[0]?.at ?? at) > 2 * CLAIM_SETTLES_MS) {
      this.#claims = this.#claims.filter((claim) => at - claim.at < CLAIM_SETTLES_MS);
    }
  }

  /**
   * Some process could not reach a node that others may have reached: a change that was acknowledged since then may be
   * lost until they agree, which is said in the documentation.
   */
  disclaimSince(moment: number): void {
    while ((this.#claims.at(-1)?.at ?? -Infinity) >= moment) {
      const claim = this.#claims.pop();
      if (claim?.account.acknowledged.delete(claim.change) === true) this.disclaimed += 1;
    }
  }

  begin(account: Account): Begun {
    return { account, changes: [...account.acknowledged], destroyed: account.destroyed };
  }

  /** What is wrong about `found`, if anything: the changes that were read, `null` for a miss. */
  faultOf({ account, changes, destroyed }: Begun, found: readonly number[] | null): Fault | undefined {
    if (account.excused) return undefined;
    if (found === null) return changes.length > 0 && !account.destroying ? 'lost' : undefined;
    if (destroyed) return 'revived';
    return changes.some((change) => !found.includes(change)) ? 'older state' : undefined;
  }

  note(fault: Fault, account: Account, found: readonly number[] | null, where: string): void {
    const wanted = [...account.acknowledged].join(',');
    this.faults.push(
      `${fault}: ${where} ${account.key} = ${found?.join(',') ?? 'missing'}; acknowledged were ${wanted}`,
    );
  }
}
