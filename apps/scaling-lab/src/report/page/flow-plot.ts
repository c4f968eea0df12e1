import { compare, shares, type Distribution } from '@sess/hash-ring';
import { escape, percent, place } from './markup.ts';

const WIDTH = 300;
const HEIGHT = 150;
const NODE_WIDTH = 9;
const EDGE = 24;
const GAP = 7;

interface Flow {
  readonly from: string;
  readonly to: string;
  readonly fraction: number;
}

/** A node on one side of the picture, and how much of its height ribbons already use. */
interface Block {
  readonly top: number;
  /** Height of all keys together, on this side. */
  readonly room: number;
  readonly share: number;
  taken: number;
}

/**
 * The share of the keys that moves between each pair of nodes, by the theory of a distribution. Keys that stay are
 * pale; keys that move are coloured.
 */
export function flowPlot(before: Distribution, afterIds: readonly string[], title: string): string {
  const after = before.withNodes(afterIds.map((id) => ({ id })));
  const { moved, flows: moving } = compare(before, after);
  const [held, holds] = [shares(before), shares(after)];
  const all = [...new Set([...held.keys(), ...holds.keys()])];
  const flows = [...moving, ...staying(held, holds, moving)];
  const [left, right] = [blocks(held), blocks(holds)];
  const ribbons = all.flatMap((from) =>
    all.map((to) => {
      const flow = flows.find((each) => each.from === from && each.to === to);
      return flow === undefined ? '' : ribbon(flow, left.get(from), right.get(to));
    }),
  );
  const number = (id: string): number => all.indexOf(id) + 1;
  const pairs = moving.map(({ from, to, fraction }) => `${number(from)} → ${number(to)} ${percent(fraction, 1)}`);
  const caption = `${percent(moved, 1)} of the keys get another node${pairs.length === 0 ? '' : `: ${pairs.join(', ')}`}`;
  return [
    `<figure class="flow"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(`${title}: ${caption}`)}">`,
    ...ribbons,
    ...Array.from(left, ([id, block]) => node(id, block, all.indexOf(id) + 1, 'left')),
    ...Array.from(right, ([id, block]) => node(id, block, all.indexOf(id) + 1, 'right')),
    `</svg><figcaption><b>${escape(title)}</b> ${caption}</figcaption></figure>`,
  ].join('');
}

/** The keys that keep their node, which a comparison omits. */
function staying(
  held: ReadonlyMap<string, number>,
  holds: ReadonlyMap<string, number>,
  moving: readonly Flow[],
): readonly Flow[] {
  const leaves = (id: string): number =>
    moving.filter(({ from }) => from === id).reduce((sum, { fraction }) => sum + fraction, 0);
  return Array.from(held)
    .filter(([id]) => holds.has(id))
    .map(([id, share]) => ({ from: id, to: id, fraction: Math.max(0, share - leaves(id)) }));
}

function blocks(held: ReadonlyMap<string, number>): ReadonlyMap<string, Block> {
  const room = HEIGHT - GAP * (held.size - 1) - 4;
  let top = 2;
  return new Map(
    Array.from(held, ([id, share]) => {
      const block = { top, room, share, taken: 0 };
      top += share * room + GAP;
      return [id, block];
    }),
  );
}

function ribbon({ from, to, fraction }: Flow, left: Block | undefined, right: Block | undefined): string {
  if (left === undefined || right === undefined || fraction <= 0) return '';
  const [y1, y2] = [claim(left, fraction), claim(right, fraction)];
  const [x1, x2] = [EDGE + NODE_WIDTH, WIDTH - EDGE - NODE_WIDTH];
  const middle = (x1 + x2) / 2;
  const curve = (xa: number, ya: number, xb: number, yb: number): string =>
    `${xa} ${place(ya)}C${middle} ${place(ya)} ${middle} ${place(yb)} ${xb} ${place(yb)}`;
  const outline = `M${curve(x1, y1.top, x2, y2.top)}L${curve(x2, y2.bottom, x1, y1.bottom)}Z`;
  return `<path class="${from === to ? 'stays' : 'moves'}" d="${outline}"><title>${percent(fraction, 1)}</title></path>`;
}

/** The next free piece of a block. */
function claim(block: Block, fraction: number): { readonly top: number; readonly bottom: number } {
  const top = block.top + block.taken;
  block.taken += fraction * block.room;
  return { top, bottom: block.top + block.taken };
}

function node(id: string, { top, room, share }: Block, number: number, side: 'left' | 'right'): string {
  const [x, textX, anchor] =
    side === 'left' ? [EDGE, EDGE - 6, 'end'] : [WIDTH - EDGE - NODE_WIDTH, WIDTH - EDGE + 6, 'start'];
  const height = Math.max(1, share * room);
  return (
    `<g class="node"><title>${escape(id)}: ${percent(share, 1)}</title><rect x="${x}" y="${place(top)}" width="${NODE_WIDTH}" height="${place(height)}" rx="2"/>` +
    `<text x="${textX}" y="${place(top + height / 2 + 4)}" text-anchor="${anchor}">${number}</text></g>`
  );
}
