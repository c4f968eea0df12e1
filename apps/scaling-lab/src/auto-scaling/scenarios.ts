import { setTimeout as pause } from 'node:timers/promises';

import type { LocalElastiCache } from '@sess/local-cluster';

import { changeNodeType, NODE_TYPE, putCapacity } from './aws.ts';
import type { ScalingStrategy } from './strategies.ts';

/** The context of a scenario. */
export interface Stage {
  readonly aws: LocalElastiCache;
  readonly strategy: ScalingStrategy;
  /** The load that the nodes share, in the unit of the metric. AWS's target is 50 per node. */
  load: number;
  /** Replaces the application servers, one after another. The new ones use `copies`, if given. */
  readonly deploy: (copies?: number) => Promise<void>;
  /** Resolves when no application server has an open handover. */
  readonly settled: () => Promise<void>;
  /** Runs `sess elasticache …`; rejects if its exit code is not 0. */
  readonly sess: (words: readonly string[]) => Promise<void>;
  /** How many milliseconds the given number of AWS's minutes takes here. */
  readonly minutes: (count: number) => number;
  readonly signal: AbortSignal;
}

export interface AutoScalingScenario {
  readonly name: AutoScalingScenarioName;
  readonly does: string;
  /** Number of nodes at the start. */
  readonly nodes: number;
  /** Load at the start, shared by the nodes. */
  readonly load: number;
  /** Whether AWS scales in by the metric, if no guard does. */
  readonly followsMetric: boolean;
  /** Whether the guard runs, in strategies that use one. */
  readonly isGuarded: boolean;
  /** How nodes go if only AWS acts. */
  readonly nodesGo: 'one-by-one' | 'in-a-row' | 'in-batches' | 'by-zone';
  readonly happen: (stage: Stage, cycles: number) => Promise<void>;
}

export type AutoScalingScenarioName =
  | 'target-tracking'
  | 'daily-curve'
  | 'one-by-one'
  | 'scale-in-in-deploy'
  | 'replacement'
  | 'vertical'
  | 'zone-outage';

export const FEW = 3;
export const MANY = 6;
const NIGHT = 110;
const DAY = 290;
const AT_NIGHT = { nodes: FEW, load: NIGHT, followsMetric: true, isGuarded: true } as const;
const AT_DAY = { nodes: MANY, load: DAY, followsMetric: true, isGuarded: true } as const;
/** Milliseconds between two changes of the load. A change from day to night, or back, takes ten of them. */
const TENTH_MS = 600;
const LONGEST_MS = 300_000;
/** Milliseconds from one night to the next; AWS removes nodes after a low load for 15 of its minutes. */
const CURVE_MS = 180_000;
/** Number of deploys while nodes are removed: before, during and after it. */
const DEPLOYS = 4;
const DEPLOY_EVERY_MS = 6_000;
/** Minutes of AWS's time between two nodes that a schedule removes. */
const STEP_MINUTES = 10;

export const AUTO_SCALING_SCENARIOS: Readonly<Record<AutoScalingScenarioName, AutoScalingScenario>> = {
  'target-tracking': {
    name: 'target-tracking',
    does: `the load rises and falls at once: ${FEW} nodes, ${MANY}, ${FEW}`,
    ...AT_NIGHT,
    nodesGo: 'in-a-row',
    async happen(stage, cycles) {
      for (let cycle = 0; cycle < cycles; cycle += 1) {
        await loadBecomes(stage, DAY);
        await nodesBecome(stage, MANY);
        await loadBecomes(stage, NIGHT);
        await nodesBecome(stage, FEW);
      }
    },
  },
  'daily-curve': {
    name: 'daily-curve',
    does: 'the load rises and falls slowly, as over a day, and the number of nodes follows it',
    ...AT_NIGHT,
    nodesGo: 'in-a-row',
    async happen(stage, cycles) {
      const begin = performance.now();
      for (let passed = 0; passed < cycles * CURVE_MS; passed = performance.now() - begin) {
        stage.load = NIGHT + ((DAY - NIGHT) * (1 - Math.cos((2 * Math.PI * passed) / CURVE_MS))) / 2;
        await pause(TENTH_MS, undefined, { signal: stage.signal });
      }
      stage.load = NIGHT;
      await nodesBecome(stage, FEW);
    },
  },
  'one-by-one': {
    name: 'one-by-one',
    does: `AWS takes one node away every ${STEP_MINUTES} minutes: ${MANY} nodes, 5, 4, ${FEW}`,
    ...AT_NIGHT,
    nodes: MANY,
    followsMetric: false,
    nodesGo: 'one-by-one',
    async happen(stage) {
      // The guard follows the metric, and its own schedule.
      if (stage.strategy.guard === '') return nodesBecome(stage, FEW);
      for (let nodes = MANY - 1; nodes >= FEW; nodes -= 1) {
        await pause(stage.minutes(STEP_MINUTES), undefined, { signal: stage.signal });
        await putCapacity(stage.aws, { min: nodes, max: nodes });
        await nodesBecome(stage, nodes);
      }
    },
  },
  'scale-in-in-deploy': {
    name: 'scale-in-in-deploy',
    does: 'the application is deployed while nodes are taken away',
    ...AT_NIGHT,
    nodesGo: 'in-a-row',
    async happen(stage) {
      await loadBecomes(stage, DAY);
      await nodesBecome(stage, MANY);
      await loadBecomes(stage, NIGHT);
      const fewer = nodesBecome(stage, FEW);
      for (let deploy = 0; deploy < DEPLOYS; deploy += 1) {
        await pause(DEPLOY_EVERY_MS, undefined, { signal: stage.signal });
        await stage.deploy();
      }
      await fewer;
    },
  },
  replacement: {
    name: 'replacement',
    does: 'AWS announces that it will replace a node, and does; one node after another',
    ...AT_NIGHT,
    nodesGo: 'one-by-one',
    async happen({ aws, signal }) {
      for (const { cacheNodeId } of aws.nodes) {
        aws.announceReplacement([cacheNodeId]);
        // AWS announces a replacement days before; a guard needs only seconds here.
        await pause(8_000, undefined, { signal });
        aws.replaceNodes([cacheNodeId]);
        await aws.settled();
        await pause(8_000, undefined, { signal });
      }
    },
  },
  vertical: {
    name: 'vertical',
    does: 'another node type: AWS replaces a fifth of six nodes at a time (two), 5 minutes apart',
    ...AT_DAY,
    // A guard would keep the number of copies that it was started with.
    isGuarded: false,
    nodesGo: 'in-batches',
    async happen(stage) {
      if (stage.strategy.guard !== '') {
        await changeNodeType(stage.aws);
        return stage.aws.settled();
      }
      // As docs/operations/auto-scaling.md describes: two copies during the change, and one node at a time.
      if (stage.strategy.copies === 1) await stage.deploy(2);
      await stage.settled();
      await stage.sess(['scale-vertically', '--type', NODE_TYPE, '--pause', '5']);
      await stage.settled();
      if (stage.strategy.copies === 1) await stage.deploy(1);
      await stage.settled();
    },
  },
  'zone-outage': {
    name: 'zone-outage',
    does: 'two of six nodes fail at once, those of one zone of three, and AWS replaces them',
    ...AT_DAY,
    nodesGo: 'by-zone',
    async happen({ aws, signal }) {
      const lost = aws.nodes.filter(({ zone }) => zone === aws.nodes[1]?.zone).map(({ cacheNodeId }) => cacheNodeId);
      await Promise.all(lost.map((id) => aws.crashNode(id)));
      await pause(8_000, undefined, { signal });
      aws.replaceNodes(lost);
      await aws.settled();
    },
  },
};

/** Whether this project promises that nobody is logged out. */
export function isPromised(
  { nodesGo }: AutoScalingScenario,
  { library, copies, zones, guard }: ScalingStrategy,
): boolean {
  if (library !== 'sess') return false;
  if (nodesGo === 'by-zone') return zones;
  return guard === '' || (copies > 1 && nodesGo === 'one-by-one');
}

/** Changes the load in ten steps, as people come and go. */
async function loadBecomes(stage: Stage, load: number): Promise<void> {
  const before = stage.load;
  for (let tenth = 1; tenth <= 10; tenth += 1) {
    stage.load = before + ((load - before) * tenth) / 10;
    await pause(TENTH_MS, undefined, { signal: stage.signal });
  }
}

async function nodesBecome({ aws, signal }: Stage, count: number): Promise<void> {
  const until = performance.now() + LONGEST_MS;
  while (aws.nodes.length !== count || aws.status !== 'available') {
    if (performance.now() > until) throw new Error(`the cluster has ${aws.nodes.length} nodes, and not ${count}`);
    await pause(100, undefined, { signal });
  }
}
