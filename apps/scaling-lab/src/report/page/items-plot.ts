import type { TimelineRecord } from '../../users/timeline.ts';
import { count, escape, place } from './markup.ts';

const HEIGHT = 64;
const BAR = 9;
const PAIR = 30;

/** Items on each node before the first event and at the end, as counted by the nodes. */
export function itemsPlot({ nodesBefore, nodesAfter, itemsBefore, itemsAfter, strategy }: TimelineRecord): string {
  const ids = [...new Set([...nodesBefore, ...nodesAfter])];
  const most = Math.max(1, ...Object.values(itemsBefore), ...Object.values(itemsAfter));
  const bar = (x: number, kind: string, items: number): string => {
    const height = (items / most) * (HEIGHT - 16);
    return `<rect class="${kind}" x="${x}" y="${place(HEIGHT - 14 - height)}" width="${BAR}" height="${place(height)}" rx="1.5"/>`;
  };
  const pairs = ids.map((id, number) => {
    const [was, is] = [itemsBefore[id] ?? 0, itemsAfter[id] ?? 0];
    const x = number * PAIR + 4;
    const state = nodesAfter.includes(id) ? `${count(is)} items in the end` : 'gone in the end';
    return (
      `<g><title>${escape(id)}: ${count(was)} items before, ${state}</title>${bar(x, 'was', was)}${bar(x + BAR + 1, 'is', is)}` +
      `<text class="tick" x="${x + BAR}" y="${HEIGHT - 3}" text-anchor="middle">${number + 1}</text></g>`
    );
  });
  const width = ids.length * PAIR + 4;
  return (
    `<svg class="items" viewBox="0 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}" role="img" ` +
    `aria-label="items on each node before and after, with ${escape(strategy)}">${pairs.join('')}</svg>`
  );
}

/** The plot as text. */
export function itemsInWords({ nodesBefore, nodesAfter, itemsBefore, itemsAfter }: TimelineRecord): string {
  const ids = [...new Set([...nodesBefore, ...nodesAfter])];
  return ids
    .map((id, number) => {
      const is = nodesAfter.includes(id) ? count(itemsAfter[id] ?? 0) : 'gone';
      return `${number + 1}: ${nodesBefore.includes(id) ? count(itemsBefore[id] ?? 0) : 'new'} → ${is}`;
    })
    .join(', ');
}
