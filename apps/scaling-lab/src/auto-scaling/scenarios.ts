import { setTimeout as pause } from 'node:timers/promises';

import type { LocalElastiCache } from '@sess/local-cluster';

import { changeNodeType } from './aws.ts';

/** What a scenario may touch. */
export interface Stage {
  readonly aws: LocalElastiCache;
  /** The load that the nodes share, as the metric has it: 50 a node is what AWS aims at. */
  load: number;
  /** Deploys the application anew, one server after another. */
  readonly deploy: () => Promise<void>;
  /** Whether somebody drains what AWS announces. */
  readonly isGuarded: boolean;
  readonly signal: AbortSignal;
}

export interface AutoScalingScenario {
  readonly name: AutoScalingScenarioName;
  readonly does: string;
  /** Whether several nodes may go before anybody can do anything: then two copies promise nothing, nor does the guard. */
  readonly takesBatches: boolean;
  readonly happen: (stage: Stage, cycles: number) => Promise<void>;
}

export type AutoScalingScenarioName = 'target-tracking' | 'vertical' | 'replacement' | 'scale-in-in-deploy';

export const FEW = 3;
export const MANY = 6;
const NIGHT = 110;
const DAY = 290;
/** A tenth of a day passes in so many milliseconds. */
const TENTH_MS = 600;
const LONGEST_MS = 240_000;
/** While nodes are taken away: some before, some amid it, some after. */
const DEPLOYS = 4;
const DEPLOY_EVERY_MS = 6_000;

export const AUTO_SCALING_SCENARIOS: Readonly<Record<AutoScalingScenarioName, AutoScalingScenario>> = {
  'target-tracking': {
    name: 'target-tracking',
    does: `the load follows the day: ${FEW} nodes, ${MANY}, ${FEW}`,
    takesBatches: false,
    async happen(stage, cycles) {
      for (let cycle = 0; cycle < cycles; cycle += 1) {
        await loadBecomes(stage, DAY);
        await nodesBecome(stage, MANY);
        await loadBecomes(stage, NIGHT);
        await nodesBecome(stage, FEW);
      }
    },
  },
  'scale-in-in-deploy': {
    name: 'scale-in-in-deploy',
    does: 'the application is deployed while nodes are taken away',
    takesBatches: false,
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
    takesBatches: false,
    async happen({ aws, signal }) {
      for (const { cacheNodeId } of aws.nodes) {
        aws.announceReplacement([cacheNodeId]);
        // AWS announces days before; a guard needs seconds here.
        await pause(8_000, undefined, { signal });
        aws.replaceNodes([cacheNodeId]);
        await aws.settled();
        await pause(8_000, undefined, { signal });
      }
    },
  },
  vertical: {
    name: 'vertical',
    does: 'another node type: AWS replaces a fifth of the nodes at a time, 5 minutes apart',
    takesBatches: true,
    async happen({ aws }) {
      await changeNodeType(aws);
      await aws.settled();
    },
  },
};

/** By and by, as people come and go. */
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
