/** A problem of a cluster. */
export interface Finding {
  /** `error`: users notice it, or will. `warning`: look at it soon. */
  readonly level: 'error' | 'warning';
  /** The check that found it: a stable name, for programs. */
  readonly check: string;
  /** A node's id, or `cluster`. */
  readonly subject: string;
  readonly what: string;
  readonly why: string;
  /** What to do. */
  readonly advice: string;
}

export function finding(
  level: Finding['level'],
  check: string,
  subject: string,
  [what, why, advice]: readonly [what: string, why: string, advice: string],
): Finding {
  return { level, check, subject, what, why, advice };
}
