/** Records what was acknowledged, and checks reads against it. */

import type { Unpromised } from './unpromised.ts';

/** The expected state of one session. The value of a key is the list of its changes. */
export interface Account {
  readonly key: string;
  /** Acknowledged changes, in the order of their acknowledgement. */
  readonly acknowledged: number[];
  /** Whether its creation was acknowledged. Before that, its creator may store it again, and has told no user its id. */
  isCreated: boolean;
  /** Whether a destroy has started: from then on a miss is no loss. */
  destroying: boolean;
  destroyed: boolean;
  /** Changes that were acknowledged without a promise, and why. */
  readonly doubtful: Map<number, Unpromised>;
  /** Why every copy may be lost: a failure that no promise covers. */
  excused: Unpromised | undefined;
  /** Whether the tombstone was lost while an old copy was out of reach. */
  mayRevive: boolean;
  /** Whether its last copy in reach was lost while another was out of reach. */
  mayGoBack: boolean;
  /** How many changes were acknowledged when it last lost a complete copy. */
  changesOfLostCopy: number;
  /** Earliest end of its life, by what was acknowledged, virtual milliseconds. */
  aliveUntil: number;
  /** Nodes that were no owners when it was last written or touched: a copy there ends with the window of its view. */
  briefOn: ReadonlySet<string>;
  /** Whether it is only read and touched, never changed. */
  readonly isOnlyRead: boolean;
  /** Whether no process asks for it until a handover is finished, so that only its earlier owner holds it. */
  readonly isIdle: boolean;
  /** Until when nobody asks for it, virtual milliseconds. */
  restsUntil: number;
}

export type ViolationKind =
  | 'lost'
  | 'unavailable'
  | 'out of rotation'
  | 'revived'
  | 'older state'
  | 'replaced by older'
  | 'tombstone overwritten'
  | 'unreadable history';

export class Violation extends Error {
  readonly kind: ViolationKind;

  constructor(kind: ViolationKind, text: string) {
    super(`${kind}: ${text}`);
    this.name = 'Violation';
    this.kind = kind;
  }
}

/** What was acknowledged when a read started: it must return at least that. */
export interface ReadBegun {
  readonly account: Account;
  readonly changes: number;
  readonly destroyed: boolean;
  readonly alive: boolean;
}

/** What is no fault at this moment, because it is not promised. */
export interface Allowed {
  /** Virtual milliseconds. */
  readonly now: number;
  readonly older: () => boolean;
  readonly revived: (account: Account) => boolean;
  readonly excuse: (name: Unpromised) => void;
}

export class Ledger {
  readonly accounts = new Map<string, Account>();

  open(key: string, isOnlyRead = false, isIdle = false): Account {
    const account: Account = {
      key,
      acknowledged: [],
      isCreated: false,
      destroying: false,
      destroyed: false,
      doubtful: new Map(),
      excused: undefined,
      mayRevive: false,
      mayGoBack: false,
      changesOfLostCopy: 0,
      aliveUntil: Infinity,
      briefOn: new Set(),
      isOnlyRead,
      isIdle,
      restsUntil: -Infinity,
    };
    this.accounts.set(key, account);
    return account;
  }

  begin(account: Account): ReadBegun {
    return {
      account,
      changes: account.acknowledged.length,
      destroyed: account.destroyed,
      alive: account.acknowledged.length > 0,
    };
  }

  /**
   * Checks a read against what was acknowledged when it started.
   *
   * @param allowed what is no fault at this moment, because it is not promised
   */
  check(begun: ReadBegun, found: readonly number[] | undefined, reader: string, allowed: Allowed): void {
    const { account } = begun;
    const isOver = account.aliveUntil <= allowed.now;
    if (found === undefined) return this.checkMiss(begun, reader, allowed.now, allowed.excuse);
    if (begun.destroyed) {
      if (account.mayRevive) allowed.excuse('the tombstone was lost while an old copy was out of reach');
      else if (!allowed.revived(account))
        throw new Violation('revived', `${reader} reads ${account.key}, which was destroyed`);
      return;
    }
    const missing = this.missing(begun, found, allowed.excuse);
    if (missing.length === 0) return;
    if (account.excused !== undefined) allowed.excuse(account.excused);
    else if (isOver) allowed.excuse('its life was over');
    else if (!allowed.older()) {
      throw new Violation(
        'older state',
        `${reader} reads ${account.key} as ${found.join(',')}, without ${missing.join(',')}`,
      );
    }
  }

  /**
   * Checks a miss in the same way.
   *
   * @param now virtual milliseconds
   */
  checkMiss({ account, alive }: ReadBegun, reader: string, now: number, excuse: (name: Unpromised) => void): void {
    if (!alive || account.destroying) return;
    if (account.excused !== undefined) excuse(account.excused);
    else if (account.aliveUntil <= now) excuse('its life was over');
    else throw new Violation('lost', `${reader} misses ${account.key}, which holds ${account.acknowledged.join(',')}`);
  }

  /** Acknowledged changes that were not found, except those that may be lost. */
  missing(
    { account, changes }: ReadBegun,
    found: readonly number[],
    excuse: (name: Unpromised) => void,
  ): readonly number[] {
    return account.acknowledged.slice(0, changes).filter((change) => {
      if (found.includes(change)) return false;
      const why = account.doubtful.get(change);
      if (why !== undefined) excuse(why);
      return why === undefined;
    });
  }
}

export function valueOf(changes: readonly number[]): Buffer {
  return Buffer.from(changes.join(','));
}

export function changesIn(value: Uint8Array): number[] {
  return Buffer.from(value).toString().split(',').map(Number);
}
