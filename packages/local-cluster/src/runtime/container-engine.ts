import { runProgram, type ProgramOutcome } from './run-program.ts';

/** A working program that runs containers. */
export interface ContainerEngine {
  readonly program: string;
  /** Podman also answers under the name `docker`; some of its options differ. */
  readonly kind: 'docker' | 'podman';
}

/** Time limit for an engine to answer, in milliseconds. One that hangs counts as absent. */
const ANSWER_MS = 5_000;
const ENGINES = ['docker', 'podman'];

/** Finds the engine to use; otherwise returns one sentence on why there is none. */
export async function findEngine(asked: string | undefined): Promise<ContainerEngine | string> {
  const reasons: string[] = [];
  for (const program of asked === undefined ? ENGINES : [asked]) {
    const [version, list] = await Promise.all([
      runProgram(program, ['--version'], ANSWER_MS),
      runProgram(program, ['ps', '--quiet'], ANSWER_MS),
    ]);
    if (version.ok && list.ok) return { program, kind: /podman/i.test(version.stdout) ? 'podman' : 'docker' };
    reasons.push(version.missing ? `there is no program "${program}"` : `"${program} ps" failed: ${list.summary}`);
  }
  const remedy =
    asked === undefined
      ? 'install Docker or Podman and start it'
      : 'start it, or name another with the option "containerEngine"';
  return `${reasons.join('; ')}; ${remedy}`;
}

/** Fetches the image if it is missing. Returns one sentence on why it can't be fetched, or `undefined`. */
export async function missingImage(
  engine: ContainerEngine,
  image: string,
  pullTimeoutMs: number,
): Promise<string | undefined> {
  const present = await runProgram(engine.program, ['image', 'inspect', image], ANSWER_MS);
  if (present.ok) return undefined;
  const pulled = await runProgram(engine.program, ['pull', '--quiet', image], pullTimeoutMs);
  if (pulled.ok) return undefined;
  return `the image ${image} is not here and could not be fetched (${pulled.summary}); run "${engine.program} pull ${image}"`;
}

/** Removes a container, paused or not, and waits until it is gone. Succeeds if it does not exist. */
export async function removeContainer(engine: ContainerEngine, name: string): Promise<ProgramOutcome> {
  const [program = engine.program, ...words] = removalCommand(engine);
  const outcome = await runProgram(program, [...words, name], 30_000);
  if (outcome.ok || /no such container|no container with/i.test(outcome.summary)) return { ...outcome, ok: true };
  if (!/already in progress/i.test(outcome.summary)) return outcome;
  // The engine removes it already (`--rm`): wait for that.
  return { ...(await runProgram(program, ['wait', name], 30_000)), ok: true };
}

/**
 * The command that removes containers; append their names. Docker kills at once; Podman would wait ten seconds by
 * default.
 */
export function removalCommand({ program, kind }: ContainerEngine): string[] {
  return kind === 'podman' ? [program, 'rm', '--force', '--time', '0'] : [program, 'rm', '--force'];
}
