/** Planned departures of nodes: drained, emptied by a finished handover, or with a list that one process gets late. */
import { Violation } from '../ledger.ts';
import { HISTORY_INTERVAL_MS } from '../timing.ts';
import { MAX_NODES, type FaultScene, type Strikes } from './fault-scene.ts';

/** Sessions that are destroyed before a scale-up is undone. */
const DESTROYED = 4;

export const departureFaults = {
  'node is drained': drain,
  'drainer dies': drainAndDie,
  'node retires when it is empty': retire,
  'finisher dies': killFinisher,
  'node stops behind a late list': stopBehindLateList,
  'a scale-up is undone': undoScaleUp,
} as const satisfies Strikes;

function drain(scene: FaultScene): string | undefined {
  const { stage } = scene;
  const { random, applications, listed } = stage;
  const application = random.pick(applications);
  if (listed.length < 2 || application.clock.frozen) return undefined;
  const id = random.pick(listed);
  if (scene.isShared(id)) return undefined;
  application.client.drain(id).then(
    () => scene.isDrained(id),
    (error: unknown) => stage.note(() => `drain of ${id} failed: ${String(error)}`),
  );
  return id;
}

/** The process that drains a node crashes, before or after all records were copied. */
function drainAndDie(scene: FaultScene, forMs: number): string | undefined {
  const { stage } = scene;
  const { random, applications, listed, time } = stage;
  const application = random.pick(applications);
  if (listed.length < 2 || application.clock.frozen) return undefined;
  const id = random.pick(listed);
  if (scene.isShared(id)) return undefined;
  let isOver = false;
  application.client.drain(id).then(
    () => {
      isOver = true;
      return application.alive ? scene.isDrained(id) : undefined;
    },
    () => {
      isOver = true;
    },
  );
  time.at(forMs % 6_000, () => {
    if (!isOver) scene.restartOne(application);
  });
  return `${application.name} drains ${id} and ends after ${forMs % 6_000} ms`;
}

/** The node leaves the list and stops as soon as no process asks it any more. A loss is not excused. */
function retire(scene: FaultScene): string | undefined {
  const { stage, promises } = scene;
  const { listed, random, time } = stage;
  const running = listed.filter((id) => stage.network.nodes.get(id)?.condition === 'running');
  if (running.length < 2) return undefined;
  const id = random.pick(running);
  if (scene.isShared(id)) return undefined;
  scene.unlist(id);
  stage.announce();
  const look = (): void => {
    if (stage.listed.includes(id)) return;
    const { applications } = stage;
    const isAsked = applications.some(
      ({ client, listed: own }) =>
        // A process that has just started does not know the open views yet.
        client.explain('any').owners.length === 0 ||
        own.some((node) => node.id === id) ||
        client.handovers.some(({ nodes }) => nodes.includes(id)),
    );
    if (isAsked || applications.length === 0) {
      time.at(500, look);
      return;
    }
    const alone = promises.onlyOn(id);
    if (alone !== undefined)
      stage.violation ??= new Violation('lost', `${alone} is on ${id} alone, which nobody asks any more`);
    stage.note(() => `${id} retires`);
    scene.retired += 1;
    scene.stop(id);
  };
  time.at(8_000, look);
  return id;
}

/** At the finisher's next step, or a little later, a random process ends. */
function killFinisher(scene: FaultScene, forMs: number): string {
  const { stage } = scene;
  const { random, time, applications } = stage;
  scene.atNextStep = () => {
    time.at(random.pick([0, 3, 20, forMs % 500]), () => {
      const application = random.pick(applications);
      stage.note(() => `${application.name} ends while a handover is finished`);
      scene.restartOne(application);
    });
  };
  return 'at its next step';
}

/** A node leaves the list. One process gets the list up to an interval late; then the node stops. */
function stopBehindLateList(scene: FaultScene, forMs: number): string | undefined {
  const { stage, traffic } = scene;
  const { random, applications, listed, time } = stage;
  const id = random.pick(listed);
  if (applications.length < 2 || listed.length < 2 || scene.isShared(id)) return undefined;
  const late = random.pick(applications);
  const lateMs = forMs % HISTORY_INTERVAL_MS;
  scene.unlist(id);
  for (const application of applications) if (application !== late) application.tell(stage.topology);
  late.listHeldBackUntil = time.now + lateMs;
  const informed = random.pick(applications.filter((application) => application !== late));
  time.at(lateMs / 3, () => traffic.changeAndDestroy(informed, late, lateMs / 3));
  time.at(lateMs, () => late.tell(stage.topology));
  time.at(lateMs + 50, () => scene.stop(id));
  return `${id}, ${late.name} hears of it after ${lateMs} ms`;
}

/**
 * A node joins. When no process asks the earlier owners any more, because the window is over or the handover is
 * finished, sessions are destroyed, and the node leaves and stops: what their earlier owners still hold of them could
 * be read again.
 */
function undoScaleUp(scene: FaultScene): string | undefined {
  const { stage, traffic } = scene;
  const { random, applications, listed, time } = stage;
  if (listed.length >= MAX_NODES) return undefined;
  const id = stage.startNode();
  stage.list([...listed, id]);
  scene.tellAll();
  const undo = (): void => {
    if (scene.isHealed || !stage.listed.includes(id)) return;
    if (applications.some(({ client }) => client.handovers.length > 0)) {
      time.at(500, undo);
      return;
    }
    for (let count = 0; count < DESTROYED; count += 1)
      traffic.changeAndDestroy(random.pick(applications), random.pick(applications), 20);
    time.at(500, () => {
      if (!stage.listed.includes(id) || stage.listed.length < 2 || scene.isShared(id)) return;
      scene.unlist(id);
      scene.tellAll();
      time.at(300, () => scene.stop(id));
    });
  };
  time.at(HISTORY_INTERVAL_MS, undo);
  return `${id} joins until the handover is over`;
}
