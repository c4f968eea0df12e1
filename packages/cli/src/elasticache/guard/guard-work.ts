/** What guards drained, so that the next one goes on, and no guard takes back what a person drained. */
export interface GuardWork {
  /** Cache node ids that are drained to be removed. */
  readonly removing: readonly string[];
  /** That are drained because AWS will replace them, by cache node id. */
  readonly replacing: Readonly<Record<string, Replacement>>;
  /** The last ones of the list, kept empty. */
  readonly preDrained: readonly string[];
  /** Milliseconds since 1970. */
  readonly lastScaleInAt: number | undefined;
}

export interface Replacement {
  /** Of the announcement, milliseconds since 1970. The same one is not acted on twice. */
  readonly announcedAt: number;
  /** Where the node was; it is replaced when it is elsewhere. */
  readonly address: string | undefined;
  /** It was replaced, and is in rotation again. */
  readonly isDone: boolean;
}

/** Of what stands on the nodes; what is missing is no work. */
export function guardWork(value: unknown): GuardWork {
  const { removing, replacing, preDrained, lastScaleInAt } = (value ?? {}) as Partial<GuardWork>;
  return {
    removing: Array.isArray(removing) ? removing.map(String) : [],
    replacing: replacing ?? {},
    preDrained: Array.isArray(preDrained) ? preDrained.map(String) : [],
    lastScaleInAt: typeof lastScaleInAt === 'number' ? lastScaleInAt : undefined,
  };
}
