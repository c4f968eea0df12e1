import { describe, expect, it } from 'vitest';
import { OptionError, parseOptions } from './options.ts';
import { SCENARIO_NAMES } from '../scenarios/scenarios.ts';
import { STRATEGY_NAMES } from '../apps/strategies.ts';

describe('parseOptions', () => {
  it('measures a choice of everything with 500 users, 3 nodes and one process of each framework unless told otherwise', () => {
    expect(parseOptions([])).toEqual({
      help: false,
      serve: false,
      runtime: 'auto',
      users: 500,
      nodes: 3,
      apps: 1,
      scenarios: ['scale-up', 'scale-down', 'up-and-down', 'crash', 'logout-in-pause', 'fixed-list'],
      strategies: ['modulo', 'ketama', 'sess', 'sess-2-copies', 'sess-drain', 'sess-database'],
      copies: 1,
      transport: 'text',
      port: 3_001,
      json: undefined,
      report: undefined,
    });
  });

  it('measures everything with --all', () => {
    expect(parseOptions(['--all'])).toMatchObject({ scenarios: SCENARIO_NAMES, strategies: STRATEGY_NAMES });
    expect(parseOptions(['--scenario', 'all', '--strategy', 'all'])).toMatchObject({
      scenarios: SCENARIO_NAMES,
      strategies: STRATEGY_NAMES,
    });
  });

  it('leaves out a strategy that drains where nothing is drained, or can be', () => {
    expect(parseOptions(['--scenario', 'crash']).strategies).not.toContain('sess-drain');
    expect(parseOptions(['--transport', 'memjs']).strategies).not.toContain('sess-drain');
  });

  it('has a database only where a node is lost by accident', () => {
    expect(parseOptions(['--scenario', 'crash', '--scenario', 'scale-up']).strategies).toContain('sess-database');
    expect(parseOptions(['--scenario', 'logout-in-pause', '--scenario', 'scale-down']).strategies).not.toContain(
      'sess-database',
    );
    expect(parseOptions(['--serve', '--strategy', 'sess-database']).strategies).toEqual(['sess-database']);
  });

  it('takes every option that measures', () => {
    const argv =
      '--runtime embedded --users 60 --nodes 4 --apps 1 --scenario crash --scenario scale-up --strategy modulo --transport memjs --json out.json --report out';
    expect(parseOptions(argv.split(' '))).toMatchObject({
      runtime: 'embedded',
      users: 60,
      nodes: 4,
      apps: 1,
      scenarios: ['scale-up', 'crash'],
      strategies: ['modulo'],
      transport: 'memjs',
      json: 'out.json',
      report: 'out',
    });
  });

  it('runs a scenario that is named twice once', () => {
    expect(parseOptions(['--scenario', 'crash', '--scenario', 'crash']).scenarios).toEqual(['crash']);
  });

  it('serves three strategies side by side, or those that are named', () => {
    expect(parseOptions(['--serve', '--port', '4000'])).toMatchObject({
      serve: true,
      port: 4_000,
      strategies: ['modulo', 'ketama', 'sess'],
      users: 300,
    });
    expect(parseOptions(['--serve', '--strategy', 'modulo']).strategies).toEqual(['modulo']);
  });

  it('passes over the separator that pnpm hands on', () => {
    expect(parseOptions(['--', '--serve']).serve).toBe(true);
  });

  it.each([
    [['--bogus'], /--bogus.*--help/s],
    [['surplus'], /surplus.*--help/s],
    [['--users'], /--users.*--help/s],
    [['--users', 'many'], '--users is "many"; it must be a whole number from 1 to 100000.'],
    [['--users', '0'], '--users is "0"'],
    [['--users', '1.5'], '--users is "1.5"'],
    [['--nodes', '1'], '--nodes is "1"; it must be a whole number from 2 to 16.'],
    [['--apps', '9'], '--apps is "9"'],
    [['--runtime', 'vm'], '--runtime is "vm"; it must be one of auto, container, memcached, embedded.'],
    [['--scenario', 'flood'], '--scenario is "flood"; it must be one of cross-read, app-kill'],
    [
      ['--strategy', 'random'],
      '--strategy is "random"; it must be one of modulo, ketama, memcache, sess, sess-2-copies, sess-zones, sess-drain, sess-database.',
    ],
    [['--copies', '4'], '--copies is "4"; it must be a whole number from 1 to 3.'],
    [['--transport', 'udp'], '--transport is "udp"; it must be one of text, memjs.'],
    [['--serve', '--scenario', 'crash', '--json', 'x'], 'leave out --scenario, --json'],
    [['--serve', '--users', '2001'], '--users is "2001"; it must be a whole number from 1 to 2000.'],
    [['--serve', '--all', '--report', 'x'], 'leave out --all, --report'],
    [['--all', '--scenario', 'crash'], '--all runs every scenario; leave it out, or leave out --scenario crash.'],
    [
      ['--scenario', 'crash', '--strategy', 'sess-drain'],
      '--strategy sess-drain takes part only in scale-down, up-and-down, rolling-replacement, rolling-in-peace, not in crash; add one of those',
    ],
    [
      ['--scenario', 'scale-up', '--scenario', 'scale-down', '--strategy', 'sess-database'],
      '--strategy sess-database takes part only in crash, restart, replace, replace-in-place, zone-lost, one-after-the-other, not in scale-up, scale-down; add one of those',
    ],
    [['--transport', 'memjs', '--strategy', 'sess-drain'], 'leave out --transport memjs, or the strategy'],
    [
      ['--serve', ...['modulo', 'ketama', 'memcache', 'sess', 'sess-2-copies'].flatMap((name) => ['--strategy', name])],
      '--serve runs at most 4 strategies side by side, not 5',
    ],
    [['--port', '4000'], '--port is the first port of the apps in serve mode'],
    [['--serve', '--port', '65535'], '--port is "65535"; it must be a whole number from 1 to 65534.'],
  ])('refuses %j in words that say what to do', (argv, message) => {
    const parse = (): unknown => parseOptions(argv);
    expect(parse).toThrow(OptionError);
    expect(parse).toThrow(message);
  });
});
