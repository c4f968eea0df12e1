/** The meaning of exit codes. */
export const DONE = 0;
/** The answer is no, or the cluster has a problem. */
export const NO = 1;
/** The command line or the environment is wrong. */
export const USAGE = 2;
/** The command failed: no answer, or a node refused. */
export const FAILED = 3;
/** Ctrl-C. */
export const INTERRUPTED = 130;

export const EXIT_CODES = `
Exit code: 0 done, or yes; 1 no, or a problem in the cluster; 2 wrong command line; 3 failed; 130 after Ctrl-C.
`;
