/** Records what was acknowledged for every session, and checks reads against it. */

export interface Account {
  readonly key: string;
  /** Acknowledged changes. */
  readonly acknowledged: Set<number>;
  /** A destroy has started: from then on a miss is no loss. */
  destroying: boolean;
  destroyed: boolean;
  /** The session was on a node whose loss is not covered by any promise. */
  excused: boolean;
}

/** What was acknowledged when an operation on a session started: it must find at least that. */
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

/** Older claims are not withdrawn, milliseconds. */
const CLAIM_SETTLES_MS = 60_000;

export class AccountBook {
  readonly #accounts = new Map<string, Account>();
  /** Recent claims, oldest first. */
  #claims: Claim[] = [];
  /** Number of changes that are not promised. */
  disclaimed = 0;
  /** Descriptions of the faults. */
  readonly faults: string[] = [];

  get accounts(): readonly Account[] {
    return [...this.#accounts.values()];
  }

  open(key: string): Account {
    const account: Account = { key, acknowledged: new Set(), destroying: false, destroyed: false, excused: false };
    this.#accounts.set(key, account);
    return account;
  }

  /** Records an acknowledged change: from now on it must be found. */
  claim(account: Account, change: number): void {
    account.acknowledged.add(change);
    const at = performance.now();
    this.#claims.push({ account, change, at });
    // Only now and then: each time would cost more than everything else.
    if (at - (this.#claims[0]?.at ?? at) > 2 * CLAIM_SETTLES_MS) {
      this.#claims = this.#claims.filter((claim) => at - claim.at < CLAIM_SETTLES_MS);
    }
  }

  /**
   * Withdraws the claims since `moment`: a process could not reach a node that others may have reached, and as
   * documented, changes acknowledged since then may be lost until all processes agree.
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

  /** The fault in a read, if any. `found`: the changes read, `null` for a miss. */
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
