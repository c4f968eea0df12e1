import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeProcess } from '@sess/loopback';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { tolerance } from '../src/measure/expectation.ts';
import type { Measurement, Report } from '../src/index.ts';
import { scriptProcess } from './lab-process.ts';

const USERS = 60;
/** In its long form with three scenarios, two copies and a peer, which takes four times as many processes. */
const long = inject('long');
const EVERYWHERE = long ? ['modulo', 'sess', 'sess-2-copies'] : ['sess'];
/** `sess-drain` takes part in scenarios that remove a node on purpose. */
const STRATEGIES = [...EVERYWHERE, 'sess-drain'];
const SCENARIOS = long ? ['scale-up', 'scale-down', 'crash'] : ['scale-down'];
/** What was counted in each scenario. */
const PHASES = [
  ['scale-up', 'added'],
  ['scale-down', 'removed'],
  ['crash', 'listed'],
  ['crash', 'dropped'],
].filter(([scenario = '']) => SCENARIOS.includes(scenario));

describe('a run of the lab with 60 users on embedded nodes', () => {
  let directory: string;
  let lab: NodeProcess;
  let report: Report;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sess-lab-'));
    const file = join(directory, 'report.json');
    lab = scriptProcess('scaling-lab/dist/main.js', [
      '--runtime',
      'embedded',
      '--users',
      String(USERS),
      '--json',
      file,
      '--report',
      join(directory, 'page'),
      ...SCENARIOS.flatMap((name) => ['--scenario', name]),
      ...STRATEGIES.flatMap((name) => ['--strategy', name]),
    ]);
    const { code } = await lab.ended;
    expect(lab.errors).toBe('');
    expect(code).toBe(0);
    report = JSON.parse(await readFile(file, 'utf8')) as Report;
  }, 180_000);
  afterAll(async () => {
    await lab.close();
    await rm(directory, { recursive: true });
  });

  function measured(scenario: string, phase: string, strategy: string): Measurement {
    const found = report.measurements.find(
      (each) => each.scenario === scenario && each.phase === phase && each.strategy === strategy,
    );
    if (found === undefined) throw new Error(`nothing was measured for ${scenario}, ${phase}, ${strategy}`);
    return found;
  }

  it('says in JSON under which circumstances it measured, and what, for every scenario, phase and strategy', () => {
    expect(report).toMatchObject({
      runtime: 'embedded',
      nodes: 3,
      users: USERS,
      apps: 1,
      copies: 1,
      transport: 'text',
      node: process.version,
      asExpected: true,
    });
    expect(report.durationMs).toBeGreaterThan(0);
    expect(report.measurements.map(({ scenario, phase, strategy }) => `${scenario} ${phase} ${strategy}`)).toEqual(
      PHASES.flatMap(([scenario, phase]) =>
        (scenario === 'scale-down' ? STRATEGIES : EVERYWHERE).map((strategy) => `${scenario} ${phase} ${strategy}`),
      ),
    );
  });

  it('asked in each phase for every user who did not leave, while requests went on, and for some who did', () => {
    for (const { found, traffic, users, left } of report.measurements) {
      expect(Object.values(found).reduce((sum, count) => sum + count, 0)).toBe(users);
      expect(users + left).toBeLessThanOrEqual(USERS);
      expect(users).toBeGreaterThan(USERS / 2);
      expect(Object.values(traffic).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    }
    expect(report.measurements.some(({ left }) => left > 0)).toBe(true);
  });

  it('shows nobody the profile of somebody else, and with this client no older state and no session that was destroyed', () => {
    for (const { found, strategy, sawOlder, revived } of report.measurements) {
      expect(found.stranger).toBe(0);
      if (strategy !== 'modulo') expect({ strategy, sawOlder, revived }).toEqual({ strategy, sawOlder: 0, revived: 0 });
    }
  });

  it('reads with Koa what Fastify wrote, and the reverse', () => {
    const [scenario = '', phase = ''] = PHASES[0] ?? [];
    for (const strategy of EVERYWHERE.filter((name) => name !== 'modulo')) {
      const { found, crossReads } = measured(scenario, phase, strategy);
      expect(crossReads.fastifyToKoa + crossReads.koaToFastify).toBe(found['logged-in']);
      expect(Math.min(crossReads.fastifyToKoa, crossReads.koaToFastify)).toBeGreaterThan(0);
    }
  });

  it('logs nobody out when a node is drained before it goes', () => {
    expect(measured('scale-down', 'removed', 'sess-drain').found['logged-out']).toBe(0);
  });

  it.runIf(long)('logs nobody out when a node is added, or one of two that hold each session', () => {
    expect(measured('scale-up', 'added', 'sess').found['logged-out']).toBe(0);
    for (const [scenario = '', phase = ''] of PHASES) {
      const { found, users } = measured(scenario, phase, 'sess-2-copies');
      expect(found['logged-in']).toBe(users);
    }
  });

  it('logs no more than about a quarter out, within four standard deviations, when one of four nodes is taken away', () => {
    // The share of one node in four is 1/4 give or take a quarter of it: 160 points a node do not divide the ring
    // evenly.
    const share = (1 / 4) * 1.25;
    const { found, users } = measured('scale-down', 'removed', 'sess');
    expect(found['logged-out']).toBeLessThanOrEqual((share + tolerance(share, users)) * users);
  });

  it.runIf(long)('loses more with modulo than with sess whenever the number of nodes changes', () => {
    // While a crashed node is listed, the number has not changed.
    for (const [scenario = '', phase = ''] of PHASES.filter(([, name]) => name !== 'listed')) {
      expect(measured(scenario, phase, 'modulo').found['logged-out']).toBeGreaterThan(
        measured(scenario, phase, 'sess').found['logged-out'],
      );
    }
  });

  it.runIf(long)(
    'holds the sessions of a crashed node for out of reach, not for logged out, while it is listed',
    () => {
      const listed = measured('crash', 'listed', 'sess');
      expect(listed.found['logged-out']).toBe(0);
      expect(listed.found.unavailable).toBeGreaterThan(0);
      expect(listed.found['logged-in'] + listed.found.unavailable).toBe(listed.users);
    },
  );

  it('keeps what requests met over time, with what happened, and the items of every node', () => {
    expect(report.timelines.map(({ scenario, strategy }) => `${scenario} ${strategy}`)).toEqual(
      SCENARIOS.flatMap((scenario) =>
        (scenario === 'scale-down' ? STRATEGIES : EVERYWHERE).map((strategy) => `${scenario} ${strategy}`),
      ),
    );
    for (const { bins, marks, nodesBefore, nodesAfter, itemsBefore } of report.timelines) {
      expect(bins.length).toBeGreaterThan(0);
      expect(marks.at(-1)?.text).toBe('every process knows');
      expect(nodesBefore).not.toEqual(nodesAfter);
      expect(Object.keys(itemsBefore)).toEqual(nodesBefore);
    }
  });

  it('prints the table with the measured numbers, and what it is doing in plain lines', () => {
    expect(lab.output).toMatch(/^runtime: embedded \(/m);
    expect(lab.output).toMatch(
      long ? /^2\/3 scale-down: logging in \(240\)$/m : /^1\/1 scale-down: logging in \(120\)$/m,
    );
    expect(lab.output).toMatch(
      long ? /^scale-down, removed \(4→3\)\nmodulo /m : /^scale-down, removed \(4→3\)\nsess /m,
    );
    expect(lab.output).toMatch(/^(One change|\d changes) of nodes or apps, while up to/m);
    // What was only on the node that was removed: the apps found out that it went with it.
    expect(lab.output).toMatch(/^sess .*node lost/m);
    expect(lab.output).not.toContain('\r');
  });

  it('writes a page that needs nothing else', async () => {
    const page = await readFile(join(directory, 'page', 'index.html'), 'utf8');
    for (const name of [...SCENARIOS, ...STRATEGIES]) expect(page).toContain(name);
    expect(page).not.toMatch(/(?:src|href)="(?!#)|@import|url\(|<script/);
  });

  it('leaves no process behind', () => {
    expect(lab.groupLives).toBe(false);
  });
});
