import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tolerance } from '../src/expectation.ts';
import type { Measurement, Report } from '../src/index.ts';
import { NodeProcess } from './node-process.ts';

const USERS = 60;

describe('a whole run of the lab with 60 users on embedded nodes', () => {
  let directory: string;
  let lab: NodeProcess;
  let report: Report;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sess-lab-'));
    const file = join(directory, 'report.json');
    lab = new NodeProcess('scaling-lab/dist/main.js', ['--runtime', 'embedded', '--users', String(USERS), '--json', file]);
    const { code } = await lab.ended;
    expect(lab.errors).toBe('');
    expect(code).toBe(0);
    report = JSON.parse(await readFile(file, 'utf8')) as Report;
  }, 120_000);
  afterAll(async () => {
    await lab.dispose();
    await rm(directory, { recursive: true });
  });

  function measured(scenario: string, phase: string, strategy: string): Measurement {
    const found = report.measurements.find((each) => each.scenario === scenario && each.phase === phase && each.strategy === strategy);
    if (found === undefined) throw new Error(`nothing was measured for ${scenario}, ${phase}, ${strategy}`);
    return found;
  }

  it('says in JSON under which circumstances it measured, and what, for every scenario, phase and strategy', () => {
    expect(report).toMatchObject({
      runtime: 'embedded',
      nodes: 3,
      users: USERS,
      apps: 2,
      copies: 1,
      transport: 'text',
      node: process.version,
      asExpected: true,
    });
    expect(report.durationMs).toBeGreaterThan(0);
    expect(report.measurements.map(({ scenario, phase, strategy }) => `${scenario} ${phase} ${strategy}`)).toEqual(
      [
        'cross-read read',
        'app-kill killed',
        'scale-up added',
        'scale-down removed',
        'crash listed',
        'crash dropped',
        'replace replaced',
        'restart restarted',
      ].flatMap((phase) => [`${phase} ketama`, `${phase} modulo`]),
    );
  });

  it('asked for every user once in each phase, while requests went on', () => {
    for (const { found, traffic } of report.measurements) {
      expect(Object.values(found).reduce((sum, count) => sum + count, 0)).toBe(USERS);
      expect(Object.values(traffic).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    }
  });

  it('shows nobody the profile of somebody else, and no cart goes back', () => {
    for (const { found, cartsBehind } of report.measurements)
      expect({ stranger: found.stranger, cartsBehind }).toEqual({ stranger: 0, cartsBehind: 0 });
  });

  it.each(['ketama', 'modulo'])('reads with Koa what Fastify wrote, and the reverse, with %s', (strategy) => {
    const { found, crossReads } = measured('cross-read', 'read', strategy);
    expect(found['logged-in']).toBe(USERS);
    expect(crossReads).toEqual({ fastifyToKoa: USERS / 2, koaToFastify: USERS / 2 });
  });

  it.each(['ketama', 'modulo'])('logs nobody out by killing an app process, with %s', (strategy) => {
    expect(measured('app-kill', 'killed', strategy).found).toMatchObject({ 'logged-in': USERS, 'logged-out': 0, unavailable: 0 });
  });

  it('logs nobody out with ketama when a fourth node is added', () => {
    expect(measured('scale-up', 'added', 'ketama').found['logged-out']).toBe(0);
  });

  it('logs no more than about a quarter out with ketama, within four standard deviations, when one of four nodes is taken away', () => {
    // The share of one node in four is 1/4 give or take a quarter of it: 160 points a node do not divide the ring evenly.
    const share = (1 / 4) * 1.25;
    expect(measured('scale-down', 'removed', 'ketama').found['logged-out']).toBeLessThanOrEqual((share + tolerance(share, USERS)) * USERS);
  });

  it('loses more with modulo than with ketama whenever the number of nodes changes', () => {
    for (const [scenario, phase] of [
      ['scale-up', 'added'],
      ['scale-down', 'removed'],
      ['crash', 'dropped'],
    ] as const) {
      expect(measured(scenario, phase, 'modulo').found['logged-out']).toBeGreaterThan(
        measured(scenario, phase, 'ketama').found['logged-out'],
      );
    }
  });

  it('holds the sessions of a crashed node for out of reach, not for logged out, while it is listed', () => {
    const listed = measured('crash', 'listed', 'ketama');
    expect(listed.found['logged-out']).toBe(0);
    expect(listed.found.unavailable).toBeGreaterThan(0);
    expect(listed.found['logged-in'] + listed.found.unavailable).toBe(USERS);
    expect(measured('crash', 'dropped', 'ketama').found['logged-out']).toBe(listed.found.unavailable);
  });

  it('prints the table with the measured numbers, and what it is doing in plain lines', () => {
    expect(lab.output).toMatch(/^runtime: embedded \(/m);
    expect(lab.output).toMatch(/^3\/7 scale-up: logging in \(120\)$/m);
    expect(lab.output).toMatch(/^scale-up, added \(3→4\) +ketama/m);
    expect(lab.output).not.toContain('\r');
  });

  it('leaves no process behind', () => {
    expect(lab.groupLives).toBe(false);
  });
});
