/** Processes that stop, sleep, are cut off or have a wrong clock; and faults of the network. */
import { AGREEMENT_MS } from '../timing.ts';
import type { NetworkConditions } from '../virtual-network.ts';
import type { FaultScene, Strikes } from './fault-scene.ts';

const SLOW: NetworkConditions = { usualDelayMs: 20, slowDelayMs: 250, slowChance: 0.2, lossChance: 0 };
const LOSSY: NetworkConditions = { usualDelayMs: 5, slowDelayMs: 5, slowChance: 0, lossChance: 0.03 };

export const processFaults = {
  'process is cut off': cutOff,
  'process freezes': freeze,
  'process sleeps through an agreement': (scene, forMs) => freeze(scene, AGREEMENT_MS + forMs),
  'process restarts': restart,
  'discovery lags': lag,
  'network is slow': (scene, forMs) => weather(scene, SLOW, forMs),
  'messages are lost': (scene, forMs) => weather(scene, LOSSY, forMs),
  'clock jumps': jump,
  'machine is suspended': suspend,
} as const satisfies Strikes;

function cutOff(scene: FaultScene, forMs: number): string | undefined {
  const { stage, promises } = scene;
  const { random, applications, listed, network, time } = stage;
  const application = random.pick(applications);
  const id = random.pick(listed);
  const cut = `${application.name} ${id}`;
  network.cuts.add(cut);
  promises.allowSplit(forMs);
  time.at(forMs, () => network.cuts.delete(cut));
  return `${cut} for ${forMs} ms`;
}

function freeze(scene: FaultScene, forMs: number): string | undefined {
  const { stage, promises } = scene;
  const application = stage.random.pick(stage.applications);
  if (application.clock.frozen) return undefined;
  application.clock.freeze();
  promises.allowStale(forMs);
  stage.time.at(forMs, () => application.clock.goOn());
  return `${application.name} for ${forMs} ms`;
}

function restart(scene: FaultScene): string | undefined {
  const { stage } = scene;
  const application = stage.random.pick(stage.applications);
  stage.restart(application);
  return application.name;
}

/** Discovery does not reach one process for `forMs`. */
function lag(scene: FaultScene, forMs: number): string {
  const { stage } = scene;
  const { random, applications, time } = stage;
  const application = random.pick(applications);
  application.listHeldBackUntil = time.now + forMs;
  time.at(forMs, () => application.tell(stage.topology));
  return `${application.name} for ${forMs} ms`;
}

/** A process's clock jumps by an hour, forward or back, for about a second. */
function jump(scene: FaultScene, forMs: number): string | undefined {
  const { stage } = scene;
  const { random, applications, time } = stage;
  const { clock, name } = random.pick(applications);
  const right = clock.skewMs;
  if (Math.abs(right) > 60_000) return undefined;
  const off = random.pick([-3_600_000, 3_600_000]);
  clock.skewMs = right + off;
  time.at(Math.min(forMs, 1_500), () => {
    clock.skewMs = right;
  });
  return `${name} by ${off} ms for ${Math.min(forMs, 1_500)} ms`;
}

function suspend(scene: FaultScene, forMs: number): string | undefined {
  const { stage, promises } = scene;
  const { clock, name } = stage.random.pick(stage.applications);
  if (clock.frozen) return undefined;
  const lastsMs = AGREEMENT_MS + forMs;
  clock.suspend();
  promises.allowStale(lastsMs);
  stage.time.at(lastsMs, () => clock.goOn());
  return `${name} for ${lastsMs} ms`;
}

function weather(scene: FaultScene, conditions: NetworkConditions, forMs: number): string {
  const { stage, promises } = scene;
  const { network, time } = stage;
  // If it is slow enough, one process ejects a node that another still reads.
  promises.allowSplit(forMs);
  network.conditions = conditions;
  time.at(forMs, () => {
    network.conditions = stage.usualWeather;
  });
  return `for ${forMs} ms`;
}
