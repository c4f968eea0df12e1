/** Longest delay of a timer. */
const FOR_EVER_MS = 2_147_483_647;

let underWay = 0;
// One per process; its callback does nothing.
const running: NodeJS.Timeout = setInterval(() => undefined, FOR_EVER_MS).unref();

/**
 * Keeps the process running until {@link endWork}. Sockets and other timers don't, because they also exist while nobody
 * waits for a result, and an idle process may end.
 */
export function beginWork(): void {
  underWay += 1;
  if (underWay === 1) running.ref();
}

/** Call it once for each {@link beginWork}. */
export function endWork(): void {
  underWay -= 1;
  if (underWay === 0) running.unref();
}
