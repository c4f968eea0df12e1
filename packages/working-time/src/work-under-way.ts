/** Longest delay of a timer. */
const FOR_EVER_MS = 2_147_483_647;

let underWay = 0;
// Made with the module, for a process has one, and it never fires to any purpose.
const running: NodeJS.Timeout = setInterval(() => undefined, FOR_EVER_MS).unref();

/**
 * Work under way keeps the process running. Sockets and timers do not: they are there as well while nobody waits for
 * anything, and a process that only waits may end.
 */
export function beginWork(): void {
  underWay += 1;
  if (underWay === 1) running.ref();
}

/** Once for each {@link beginWork}. */
export function endWork(): void {
  underWay -= 1;
  if (underWay === 0) running.unref();
}
