/**
 * As many simulated histories as one likes. A failing seed is printed with the smallest history that still fails; the same seed replays it.
 *
 *     node packages/client/test/simulation/main.ts --seeds 100000 [--from 1] [--log]
 *
 * Node.js 22.18 or later runs it as it is (20.19: with `--import tsx`).
 */
import { parseArgs } from 'node:util';
import { shrink } from './shrink.ts';
import { World } from './world.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1000' }, from: { type: 'string', default: '1' }, log: { type: 'boolean', default: false } },
});
const from = Number(values.from);
const count = Number(values.seeds);
const totals: Record<string, number> = {};
const started = performance.now();
let failures = 0;
for (let seed = from; seed < from + count; seed += 1) {
  const world = new World(seed);
  const outcome = await world.run();
  for (const [name, times] of Object.entries({ ...outcome.faults, ...outcome.network, ...outcome.operations })) {
    totals[name] = (totals[name] ?? 0) + times;
  }
  if (outcome.violation === undefined) continue;
  failures += 1;
  const { scenario, outcome: least } = await shrink(world.scenario);
  console.log(`seed ${seed}: ${outcome.violation.message}\n  the least that fails: ${JSON.stringify(scenario)}`);
  if (values.log) console.log(least.log.map((line) => `  ${line}`).join('\n'));
}
console.table(totals);
console.log(`${count - failures} passed, ${failures} failed; ${((performance.now() - started) / count).toFixed(1)} ms each`);
process.exitCode = failures > 0 ? 1 : 0;
