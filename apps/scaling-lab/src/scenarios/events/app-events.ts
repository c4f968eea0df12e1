import { listedNodes } from '../../environment/environment.ts';
import { mark, type EventAction } from './event-context.ts';

export const killApp: EventAction = async (context) => {
  mark(context, 'an app process is killed');
  await context.strategyRun.fleet.processes[0]?.kill();
  return [];
};

/** A node comes, and processes that never saw the list without it. */
export const deployInScaleUp: EventAction = async (context) => {
  mark(context, 'a node is added');
  await context.strategyRun.cluster.addNode();
  mark(context, 'deploy');
  await context.strategyRun.fleet.deploy();
  mark(context, 'deployed');
  return [];
};

/** Some processes still have the shorter list in their environment, others the longer one already. */
export const deployLongerList: EventAction = async (context) => {
  await context.strategyRun.cluster.addNode();
  mark(context, 'deploy');
  await context.strategyRun.fleet.deploy({ kind: 'list', nodes: listedNodes(context.strategyRun) });
  mark(context, 'deployed');
  return [];
};
