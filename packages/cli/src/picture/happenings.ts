/** Derives what happened to the nodes from the difference between two polls, with its cost. */
import { restarted } from '../cluster/rates.ts';
import type { NodeFigures, NodeReport } from '../cluster/node-report.ts';
import type { ClusterStatus } from '../commands/status.ts';

/** `cost`: sessions are lost or out of reach. `gain`: something has recovered. */
export type Weight = 'cost' | 'change' | 'gain';

export type HappeningKind =
  | 'joined'
  | 'left'
  | 'down'
  | 'up'
  | 'restarted'
  | 'flushed'
  | 'evicting'
  | 'draining'
  | 'drained'
  | 'put-back'
  | 'settled';

export interface Happening {
  /** Milliseconds since 1970. For an event that lasts, when it was last seen. */
  readonly at: number;
  readonly kind: HappeningKind;
  readonly weight: Weight;
  /** Id of the node; `undefined` for the whole cluster. */
  readonly node: string | undefined;
  /** Items that were lost, or put out of reach. */
  readonly items: number;
  /** What it means, in one sentence. */
  readonly means: string;
}

/** Evictions of one node within this time count as one event. */
const GOES_ON_MS = 60_000;
const MOST = 100;

/** Keeps the events, the newest first. */
export class Happenings {
  #all: readonly Happening[] = [];

  get all(): readonly Happening[] {
    return this.#all;
  }

  add(happenings: readonly Happening[]): void {
    for (const happening of happenings) this.#addOne(happening);
  }

  #addOne(happening: Happening): void {
    const former = this.#all.find(({ node, kind }) => node === happening.node && kind === happening.kind);
    const goesOn = happening.kind === 'evicting' && former !== undefined && happening.at - former.at < GOES_ON_MS;
    const others = goesOn ? this.#all.filter((each) => each !== former) : this.#all;
    const one = goesOn ? { ...happening, items: former.items + happening.items } : happening;
    this.#all = [one, ...others].slice(0, MOST);
  }
}

/** The events at `at`. `known` has the last figures of each node before. */
export function happeningsBetween(
  before: ClusterStatus,
  after: ClusterStatus,
  known: ReadonlyMap<string, NodeFigures>,
  at: number,
): readonly Happening[] {
  const earlier = new Map(before.nodes.map((node) => [node.id, node]));
  const later = new Map(after.nodes.map((node) => [node.id, node]));
  const ofNodes = [...new Set([...later.keys(), ...earlier.keys()])].flatMap((id) => {
    const change: NodeChange = {
      before: earlier.get(id),
      after: later.get(id),
      known: known.get(id),
      hasOtherCopies: after.copies > 1,
    };
    return [...listing(change), ...answering(change), ...counting(change), ...draining(change)].map((found) => ({
      at,
      node: id,
      ...found,
    }));
  });
  const isSettled = before.handovers.length > 0 && after.handovers.length === 0;
  return isSettled ? [...ofNodes, { at, node: undefined, ...SETTLED }] : ofNodes;
}

interface NodeChange {
  readonly before: NodeReport | undefined;
  readonly after: NodeReport | undefined;
  /** Its last figures, perhaps from before it was out of reach. */
  readonly known: NodeFigures | undefined;
  readonly hasOtherCopies: boolean;
}

type Found = Omit<Happening, 'at' | 'node'>;

function say(kind: HappeningKind, weight: Weight, means: string, items = 0): Found {
  return { kind, weight, items, means };
}

const SETTLED = say('settled', 'gain', 'Everything is where it belongs; earlier owners are asked no more.');

function listing({ before, after, known, hasOtherCopies }: NodeChange): readonly Found[] {
  const [wasListed, isListed] = [before?.isListed ?? false, after?.isListed ?? false];
  if (wasListed === isListed) return [];
  if (isListed)
    return [
      say('joined', 'change', 'The sessions that it owns now are asked for where they were until they have moved.'),
    ];
  if (before?.drain === 'drained')
    return [say('left', 'gain', 'It was drained before: its sessions are on the other nodes.')];
  if (hasOtherCopies)
    return [say('left', 'change', 'Other nodes hold copies of its sessions, and make up for those that are gone.')];
  const means = 'It was not drained: what it still holds is lost once it stops. Drain a node before it is removed.';
  return [say('left', 'cost', means, known?.items)];
}

function answering({ before, after, known, hasOtherCopies }: NodeChange): readonly Found[] {
  if (before === undefined || after === undefined) return [];
  if (after.isListed && before.health !== 'down' && after.health === 'down') {
    if (hasOtherCopies) return [say('down', 'change', 'Its sessions are read from their other copies.')];
    const means = 'Its sessions are out of reach until it answers, and lost if it comes back empty.';
    return [say('down', 'cost', means, known?.items)];
  }
  const isBack = before.health === 'down' && after.health === 'up';
  return isBack && !cameBackEmpty(known, after.figures) ? [say('up', 'gain', 'Requests reach it again.')] : [];
}

/** Events that its counters show. */
function counting({ after, known, hasOtherCopies }: NodeChange): readonly Found[] {
  const figures = after?.figures;
  if (known === undefined || figures === undefined) return [];
  if (cameBackEmpty(known, figures))
    return [
      hasOtherCopies
        ? say('restarted', 'change', 'It came back empty; its sessions are copied back from the other nodes.')
        : say('restarted', 'cost', 'With one copy of each session, what it held is lost.', known.items),
    ];
  const found: Found[] = [];
  if (figures.flushes > known.flushes)
    found.push(say('flushed', 'cost', 'Somebody told it to forget everything (flush_all).', known.items));
  const evicted = figures.evictions - known.evictions;
  if (evicted > 0)
    found.push(say('evicting', 'cost', 'Its memory is full: sessions go early. Add a node, or memory.', evicted));
  return found;
}

function cameBackEmpty(known: NodeFigures | undefined, figures: NodeFigures | undefined): boolean {
  return known !== undefined && figures !== undefined && restarted(known, figures);
}

function draining({ before, after }: NodeChange): readonly Found[] {
  if (before === undefined || after === undefined || before.drain === after.drain || !after.isListed) return [];
  if (after.drain === 'draining')
    return [say('draining', 'change', 'Its sessions are being brought to the other nodes.')];
  return after.drain === 'drained'
    ? [say('drained', 'gain', 'All that it holds is on the other nodes too: it can be removed.')]
    : [say('put-back', 'change', 'It is in rotation again.')];
}
