/** Records what guards drained, so that the next guard continues, and no guard undoes what an operator drained. */
export interface GuardWork {
  /** Ids of cache nodes that are drained for removal. */
  readonly removing: readonly string[];
  /** Nodes drained because AWS will replace them, by cache node id. */
  readonly replacing: Readonly<Record<string, Replacement>>;
  /** The last nodes of the list, which are kept empty. */
  readonly preDrained: readonly string[];
  /** Milliseconds since 1970. */
  readonly lastScaleInAt: number | undefined;
}

export interface Replacement {
  /** Time of the announcement, milliseconds since 1970. Each announcement is handled once. */
  readonly announcedAt: number;
  /** The node's address: another address means that it was replaced. */
  readonly address: string | undefined;
  /** It was replaced, and returned to rotation. */
  readonly isDone: boolean;
}

/** Parses a stored record; a missing one means no work. */
export function guardWork(value: unknown): GuardWork {
  const { removing, replacing, preDrained, lastScaleInAt } = (value ?? {}) as Partial<GuardWork>;
  return {
    removing: Array.isArray(removing) ? removing.map(String) : [],
    replacing: replacing ?? {},
    preDrained: Array.isArray(preDrained) ? preDrained.map(String) : [],
    lastScaleInAt: typeof lastScaleInAt === 'number' ? lastScaleInAt : undefined,
  };
}
