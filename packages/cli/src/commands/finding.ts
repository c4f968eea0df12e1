/** Something that a cluster should not have. */
export interface Finding {
  /** `error`: users notice, or will. `warning`: somebody should look at it. */
  readonly level: 'error' | 'warning';
  /** Which check found it: stable, for programs. */
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
