import { listedNodes } from '../../environment/strategy-run.ts';
import { mark, type Happening } from './event-context.ts';

export const killApp: Happening = async (scene) => {
  mark(scene, 'an app process is killed');
  await scene.site.fleet.processes[0]?.kill();
  return undefined;
};

/** A node comes, and processes that never saw the list without it. */
export const deployInScaleUp: Happening = async (scene) => {
  mark(scene, 'a node is added');
  await scene.site.cluster.addNode();
  mark(scene, 'deploy');
  await scene.site.fleet.deploy();
  mark(scene, 'deployed');
  return undefined;
};

/** Some processes still have the shorter list in their environment, others the longer one already. */
export const deployLongerList: Happening = async (scene) => {
  await scene.site.cluster.addNode();
  mark(scene, 'deploy');
  await scene.site.fleet.deploy({ kind: 'list', nodes: listedNodes(scene.site) });
  mark(scene, 'deployed');
  return undefined;
};
