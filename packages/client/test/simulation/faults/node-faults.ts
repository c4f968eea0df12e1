/** Nodes that join, leave, fail and return. */
import { MAX_NODES, type FaultScene, type Strikes } from './fault-scene.ts';

export const nodeFaults = {
  'node joins': join,
  'node leaves': leave,
  'node crashes': crash,
  'node restarts empty': (scene) => crash(scene, 10),
  'node is replaced': replace,
  'node pauses': pause,
  'node is cut off': isolate,
  'node returns stale': hide,
  'connections are reset': reset,
  'node flaps': flap,
  'a zone is lost': loseZone,
} as const satisfies Strikes;

function join(scene: FaultScene): string | undefined {
  const { stage } = scene;
  const { listed } = stage;
  if (listed.length >= MAX_NODES) return undefined;
  const id = stage.startNode();
  stage.list([...listed, id]);
  stage.announce();
  return id;
}

function leave(scene: FaultScene): string | undefined {
  const { stage, promises } = scene;
  const id = promises.loseableNode(2);
  if (id === undefined || scene.isShared(id)) return undefined;
  scene.unlist(id);
  stage.announce();
  // Taken off the list first and stopped some time later, as cloud providers do.
  stage.time.at(stage.random.pick([100, 3_000, 20_000]), () => scene.stop(id));
  return id;
}

function crash(scene: FaultScene, forMs: number): string | undefined {
  const { stage, promises } = scene;
  const id = promises.loseableNode(1);
  const node = id === undefined ? undefined : stage.network.nodes.get(id);
  if (node === undefined) return undefined;
  promises.lose(() => node.crash());
  stage.time.at(forMs, () => {
    if (node.condition === 'crashed' && stage.listed.includes(node.id)) node.start();
  });
  return `${node.id} for ${forMs} ms`;
}

/** Another machine takes over the name at another address; discovery lists the same names as before. */
function replace(scene: FaultScene, forMs: number): string | undefined {
  const { stage, promises } = scene;
  const id = promises.loseableNode(1);
  const { network, time } = stage;
  const node = id === undefined ? undefined : network.nodes.get(id);
  if (id === undefined || node === undefined) return undefined;
  promises.lose(() => node.crash());
  time.at(forMs, () => {
    if (node.condition !== 'crashed' || network.nodes.get(id) !== node || !stage.listed.includes(id)) return;
    stage.startMachine(id);
    promises.allowDifference(stage.announce());
  });
  return `${id} after ${forMs} ms`;
}

function pause(scene: FaultScene, forMs: number): string | undefined {
  const { stage, promises } = scene;
  const id = promises.loseableNode(1);
  const node = id === undefined ? undefined : stage.network.nodes.get(id);
  if (node === undefined) return undefined;
  node.pause();
  promises.allowAway(node.id, forMs);
  stage.time.at(forMs, () => {
    if (node.condition === 'paused') node.resume();
  });
  return `${node.id} for ${forMs} ms`;
}

/** No messages reach the node, and none are refused. */
function isolate(scene: FaultScene, forMs: number): string | undefined {
  const { stage, promises } = scene;
  const id = promises.loseableNode(1);
  if (id === undefined) return undefined;
  const { network, time } = stage;
  network.isolated.add(id);
  promises.allowAway(id, forMs);
  time.at(forMs, () => network.isolated.delete(id));
  return `${id} for ${forMs} ms`;
}

/** The node refuses connections, then returns with its old items and reused CAS numbers. */
function hide(scene: FaultScene, forMs: number): string | undefined {
  const { stage, promises } = scene;
  const id = promises.loseableNode(1);
  const node = id === undefined ? undefined : stage.network.nodes.get(id);
  if (node === undefined) return undefined;
  node.hide();
  promises.allowAway(node.id, forMs);
  stage.time.at(forMs, () => {
    if (node.condition === 'crashed' && stage.listed.includes(node.id)) node.start();
  });
  return `${node.id} after ${forMs} ms`;
}

function reset(scene: FaultScene): string {
  const { stage } = scene;
  const id = stage.random.pick(stage.listed);
  stage.network.nodes.get(id)?.resetConnections();
  return id;
}

/** The node goes and returns with its items, for longer than a session lives. */
function flap(scene: FaultScene, forMs: number): string | undefined {
  const { stage, promises } = scene;
  const { random, listed, network, scenario, time } = stage;
  const node = network.nodes.get(random.pick(listed));
  if (node === undefined || listed.length < 2) return undefined;
  const lastsMs = 1_500 * scenario.ttlSeconds;
  const everyMs = 2_000 + (forMs % 4_000);
  for (let at = 0; at < lastsMs; at += everyMs) {
    time.at(at, () => {
      if (node.condition === 'running' && !scene.isHealed) node.hide();
      time.at(everyMs / 2, () => {
        if (node.condition === 'crashed' && stage.listed.includes(node.id)) node.start();
      });
    });
  }
  promises.allowAway(node.id, lastsMs);
  return `${node.id} every ${everyMs} ms for ${lastsMs} ms`;
}

/** All nodes of a zone crash. Each of their sessions has a copy in another zone. */
function loseZone(scene: FaultScene, forMs: number): string | undefined {
  const { stage, promises } = scene;
  const zone = promises.loseableZone();
  if (zone === undefined) return undefined;
  const nodes = zone.flatMap((id) => stage.network.nodes.get(id) ?? []);
  for (const node of nodes) node.crash();
  promises.excuseLost();
  stage.time.at(forMs, () => {
    for (const node of nodes) if (node.condition === 'crashed' && stage.listed.includes(node.id)) node.start();
  });
  return `${zone.join(' ')} for ${forMs} ms`;
}
