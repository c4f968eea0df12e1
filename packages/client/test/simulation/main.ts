/** `node … main.js --seeds 10000 [--from 1] [--verbose]`: as many histories as one likes; a failing seed is printed, and replays. */
import { parseArgs } from 'node:util';
import { World } from './world.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1000' }, from: { type: 'string', default: '1' }, verbose: { type: 'boolean', default: false } },
});
const from = Number(values.from);
let failures = 0;
const totals: Record<string, number> = {};
const started = performance.now();
for (let seed = from; seed < from + Number(values.seeds); seed += 1) {
  const outcome = await new World(seed).run();
  for (const [name, times] of Object.entries({ ...outcome.faults, ...outcome.network, ...outcome.operations })) totals[name] = (totals[name] ?? 0) + times;
  if (outcome.violation === undefined) continue;
  failures += 1;
  console.log(`seed ${seed}: ${outcome.violation.message}`);
  if (values.verbose) console.log(outcome.log.join('\n'));
  if (failures >= 20) break;
}
console.log(totals, `${((performance.now() - started) / Number(values.seeds)).toFixed(1)} ms each`);
process.exitCode = failures > 0 ? 1 : 0;
