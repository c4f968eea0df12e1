import { listedNodes } from '../../environment/environment.ts';
import { mark, type EventAction } from './event-context.ts';

export const killApp: EventAction = async (context) => {
  mark(context, 'an app process is killed');
  await context.strategyRun.fleet.processes[0]?.kill();
  return [];
};

/** Adds a node, then deploys processes that never saw the list without it. */
export const deployInScaleUp: EventAction = async (context) => {
  mark(context, 'a node is added');
  await context.strategyRun.cluster.addNode();
  mark(context, 'deploy');
  await context.strategyRun.fleet.deploy();
  mark(context, 'deployed');
  return [];
};

/** During the deploy, some processes have the shorter list, and others the longer one. */
export const deployLongerList: EventAction = async (context) => {
  await context.strategyRun.cluster.addNode();
  mark(context, 'deploy');
  await context.strategyRun.fleet.deploy({ kind: 'list', nodes: listedNodes(context.strategyRun) });
  mark(context, 'deployed');
  return [];
};
