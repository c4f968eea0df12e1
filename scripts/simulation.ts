/**
 * Bundles the simulation into one JavaScript file, for `require(inject('simulation'))`. In vitest's own module runner,
 * histories take about a third longer: every use of another module's export calls a getter, and each test file compiles
 * everything again.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import type { TestProject } from 'vitest/node';

const INPUT = 'packages/client/test/simulation/index.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'sess-simulation-'));
  const file = join(folder, 'simulation.cjs');
  const bundle = await rolldown({ input: join(project.config.root, INPUT), platform: 'node' });
  await bundle.write({ file, format: 'cjs' });
  await bundle.close();
  project.provide('simulation', file);
  return () => rm(folder, { recursive: true });
}
