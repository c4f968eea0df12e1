import { listedNodes } from '../../environment/environment.ts';
import { mark, type EventAction } from './event-context.ts';

/** A rolling deploy with a list in which a new node replaces the oldest one, which is not drained. */
export const stopWhenFinished: EventAction = async (context) => {
  const { cluster, fleet } = context.strategyRun;
  const [oldest, ...others] = listedNodes(context.strategyRun);
  if (oldest === undefined) throw new Error('there is no node to replace');
  const { id } = await cluster.addNode();
  mark(context, 'deploy');
  await fleet.deploy({ kind: 'list', nodes: [...others, id] });
  await fleet.handoversFinished(context.signal);
  mark(context, 'the old node is stopped');
  await cluster.removeNode(oldest);
  return [oldest];
};
