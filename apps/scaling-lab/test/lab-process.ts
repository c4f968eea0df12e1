import { fileURLToPath } from 'node:url';
import { NodeProcess } from '@sess/loopback';
import { onTestFinished } from 'vitest';

/**
 * A script of this workspace, run as a user runs it.
 *
 * @param script path below `apps/`
 */
export function scriptProcess(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): NodeProcess {
  return new NodeProcess([fileURLToPath(new URL(`../../${script}`, import.meta.url)), ...args], { env });
}

/** It ends with the test at the latest. */
export function nodeProcess(...given: Parameters<typeof scriptProcess>): NodeProcess {
  const started = scriptProcess(...given);
  onTestFinished(() => started.close());
  return started;
}
