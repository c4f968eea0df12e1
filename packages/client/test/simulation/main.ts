/**
 * Runs any number of simulated histories. Prints a failing seed with the smallest history that still fails; the same
 * seed replays it.
 *
 *     pnpm simulate --seeds 100000 [--from 1] [--log] [--first] [--mutation "blind set"] [--profile harsh]
 *
 * `--first` ends with the first failure, without shrinking; `--fault "node flaps"`, repeatable, restricts the faults.
 * See `scripts/simulate.mjs` for further options.
 */
import { parseArgs } from 'node:util';
import { MUTATIONS } from './mutation.ts';
import { FAULTS, FINISHING_FAULTS, HARSH_FAULTS, PROFILES, STAGED_FAULTS } from './scenario.ts';
import { shrink } from './shrink.ts';
import { Totals } from './totals.ts';
import { World, type WorldOptions } from './world.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    log: { type: 'boolean', default: false },
    first: { type: 'boolean', default: false },
    fault: { type: 'string', multiple: true, default: [] },
    mutation: { type: 'string' },
    profile: { type: 'string', default: 'usual' },
  },
});
const mutation = MUTATIONS.find((name) => name === values.mutation);
if (values.mutation !== undefined && mutation === undefined)
  refuse(`--mutation is "${values.mutation}"; it is one of ${MUTATIONS.join(', ')}`);
const profile = PROFILES.find((name) => name === values.profile);
if (profile === undefined) refuse(`--profile is "${values.profile}"; it is one of ${PROFILES.join(', ')}`);
const kinds = [...FAULTS, ...HARSH_FAULTS, ...FINISHING_FAULTS, ...STAGED_FAULTS];
const only = kinds.filter((kind) => values.fault.includes(kind));
const unknown = values.fault.find((name) => !(kinds as readonly string[]).includes(name));
if (unknown !== undefined) refuse(`--fault is "${unknown}"; it is one of ${kinds.join(', ')}`);
const options: WorldOptions = { profile, only, ...(mutation === undefined ? {} : { mutation }) };
const from = wholeNumber('from');
const count = wholeNumber('seeds');
const totals = new Totals();
const started = performance.now();
let failures = 0;
for (let seed = from; seed < from + count; seed += 1) {
  const world = new World(seed, options);
  const outcome = await world.run();
  totals.add(outcome);
  if (outcome.violation === undefined) continue;
  failures += 1;
  if (values.first) {
    console.log(`seed ${seed}: ${outcome.violation.message}`);
    process.exit(1);
  }
  const { scenario, outcome: least } = await shrink(world.scenario, options);
  console.log(`seed ${seed}: ${outcome.violation.message}\n  the least that fails: ${JSON.stringify(scenario)}`);
  if (values.log) console.log(least.log.map((line) => `  ${line}`).join('\n'));
}
console.table(Object.fromEntries(totals.entries));
console.log(
  `${count - failures} passed, ${failures} failed; ${((performance.now() - started) / count).toFixed(1)} ms each`,
);
// Pending work of killed processes would keep this one running.
process.exit(failures > 0 ? 1 : 0);

function wholeNumber(name: 'seeds' | 'from'): number {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number > 0) return number;
  return refuse(`--${name} is "${values[name]}"; it must be a whole number from 1, as in --seeds 1000 --from 1`);
}

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}
