import { runProgram, type ProgramOutcome } from './run-program.ts';

/** A program that runs containers, and that has answered. */
export interface ContainerEngine {
  readonly program: string;
  /** Podman also answers under the name `docker`; some of its options differ. */
  readonly kind: 'docker' | 'podman';
}

/** How long an engine may take to say that it is there, in milliseconds. One that hangs counts as absent. */
const ANSWER_MS = 5_000;
const ENGINES = ['docker', 'podman'];

/** The engine to use, or one sentence on why there is none. */
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

/** Fetches the image when it is not there; one sentence on why it can't be had, or nothing. */
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

/** Ends a container, paused or not, and waits until it is gone. One that does not exist is no failure. */
export async function removeContainer(engine: ContainerEngine, name: string): Promise<ProgramOutcome> {
  const [program = engine.program, ...words] = removalCommand(engine);
  const outcome = await runProgram(program, [...words, name], 30_000);
  if (outcome.ok || /no such container|no container with/i.test(outcome.summary)) return { ...outcome, ok: true };
  if (!/already in progress/i.test(outcome.summary)) return outcome;
  // The engine is at it by itself (`--rm`): wait for that.
  return { ...(await runProgram(program, ['wait', name], 30_000)), ok: true };
}

/** The command that ends containers whose names follow. Docker kills at once; Podman would first wait ten seconds. */
export function removalCommand({ program, kind }: ContainerEngine): string[] {
  return kind === 'podman' ? [program, 'rm', '--force', '--time', '0'] : [program, 'rm', '--force'];
}
