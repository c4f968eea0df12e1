/** All sessions as a ring. Outside: the owners now. Inside: the earlier owners, where they differ. */
import type { ClusterPicture, PictureNode } from '../picture/picture.ts';
import { count, percent, plural } from '../output/format.ts';
import { html, type Markup } from './html.ts';
import { colour } from './words.ts';

const SIZE = 560;
const CENTRE = SIZE / 2;
/** Above and below there is room for one line of text. */
const MARGIN = 20;
/** Lengths along a ring: all sessions are 1,000. */
const ALL = 1_000;
const OUTER = { radius: 196, width: 40 };
const INNER = { radius: 160, width: 16 };
const LABELS = 226;
/** Length of all gaps together, and the largest gap. */
const GAPS = 50;
const WIDEST_GAP = 5;
/** Shorter arcs show no number. */
const LEAST_FOR_NUMBER = 22;
const LEAST_FOR_SHARE = 32;
const LEAST_FOR_ORIGIN = 26;

/** A node's arc, and its parts that come from other nodes. */
interface Arc {
  readonly id: string;
  readonly number: number;
  readonly share: number;
  readonly start: number;
  readonly length: number;
  readonly moving: readonly Part[];
}

interface Part {
  readonly from: number | undefined;
  readonly start: number;
  readonly length: number;
}

export function ring(picture: ClusterPicture): Markup {
  const arcs = arcsOf(picture);
  const items = picture.nodes.reduce((sum, { figures }) => sum + (figures?.items ?? 0), 0);
  const isMoving = picture.move !== undefined && picture.move.moved > 0;
  return html`<h2>The ring</h2>
    <svg
      class="ring${isMoving ? ' moving' : ''}"
      viewBox="0 ${MARGIN} ${SIZE} ${SIZE - 2 * MARGIN}"
      role="img"
      aria-label="${spoken(picture, arcs)}"
    >
      <defs>
        <pattern id="hatch" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect class="hatch" width="4" height="9" />
        </pattern>
      </defs>
      <circle
        class="track"
        cx="${CENTRE}"
        cy="${CENTRE}"
        r="${INNER.radius}"
        stroke-width="${isMoving ? INNER.width : 2}"
      />
      ${arcs.map(outer)}${arcs.flatMap(({ moving, id }) => moving.map((part) => movingPart(part, id)))}${arcs.map(label)}
      <text class="total" x="${CENTRE}" y="${CENTRE + 2}">${count(items)}</text>
      <text class="unit" x="${CENTRE}" y="${CENTRE + 30}">${`items on ${plural(picture.nodes.length, 'node')}`}</text>
      ${isMoving && html`<text class="unit strong" x="${CENTRE}" y="${CENTRE + 56}">${`${percent(picture.move?.moved ?? 0)} moving`}</text>`}
    </svg>
    <p class="explains">${explanation(picture, isMoving)}</p>`;
}

function explanation({ status, move }: ClusterPicture, isMoving: boolean): string {
  const first = status.copies > 1 ? 'the first copy of each session' : 'the sessions';
  const outside = `The ring shows which node owns ${first}, and how large a share.`;
  if (!isMoving) return outside;
  const phase =
    move?.phase === 'overlap'
      ? 'some servers may still act on the earlier nodes'
      : 'they are asked for what has not moved yet';
  return `${outside} Striped: on its way; the inner ring has the number of the node that held it before (${phase}).`;
}

function arcsOf({ nodes, numbers, move }: ClusterPicture): readonly Arc[] {
  const owners = nodes.filter((node): node is PictureNode & { share: number } => (node.share ?? 0) > 0);
  const gap = owners.length < 2 ? 0 : Math.min(WIDEST_GAP, GAPS / owners.length);
  const room = ALL - gap * owners.length;
  let start = gap / 2;
  return owners.map(({ id, number, share }) => {
    const length = share * room;
    const coming = (move?.flows ?? []).filter(({ to }) => to === id);
    let from = start + length - coming.reduce((sum, { fraction }) => sum + fraction * room, 0);
    const moving = coming.map((flow): Part => {
      const part = { from: numbers.get(flow.from), start: from, length: flow.fraction * room };
      from += part.length;
      return part;
    });
    const arc = { id, number, share, start, length, moving };
    start += length + gap;
    return arc;
  });
}

function outer({ id, number, start, length }: Arc): Markup {
  return html`<circle
    class="arc ${colour(number)}"
    data-key="arc-${id}"
    data-part="${number}"
    cx="${CENTRE}"
    cy="${CENTRE}"
    r="${OUTER.radius}"
    stroke-width="${OUTER.width}"
    ${place(start, length)}
  />`;
}

function movingPart({ from, start, length }: Part, to: string): Markup {
  const circle = (kind: string, { radius, width }: typeof OUTER): Markup =>
    html`<circle
      class="${kind}"
      cx="${CENTRE}"
      cy="${CENTRE}"
      r="${radius}"
      stroke-width="${width}"
      ${place(start, length)}
    />`;
  const [x, y] = at(start + length / 2, INNER.radius);
  return html`<g data-key="${`move-${from}-${to}`}"
    >${circle('stripes', OUTER)}${circle(`origin ${from === undefined ? 'gone' : colour(from)}`, INNER)}${
      from !== undefined &&
      length >= LEAST_FOR_ORIGIN &&
      html`<text class="from" x="${x}" y="${y + 4.5}">${from}</text>`
    }</g
  >`;
}

function label({ id, number, share, start, length }: Arc): Markup {
  if (length < LEAST_FOR_NUMBER) return html``;
  const middle = start + length / 2;
  const [x, y] = at(middle, OUTER.radius);
  const [shareX, shareY] = at(middle, LABELS);
  const side = Math.abs(shareX - CENTRE) < 60 ? 'middle' : shareX > CENTRE ? 'right' : 'left';
  return html`<g class="label ${colour(number)}" data-key="label-${id}" data-part="${number}"
    ><circle class="disc" cx="${x}" cy="${y}" r="15" /><text x="${x}" y="${y + 6}">${number}</text>${
      length >= LEAST_FOR_SHARE &&
      html`<text
        class="share ${side}"
        x="${shareX}"
        y="${shareY + 6 + 8 * Math.sign(shareY - CENTRE) * (side === 'middle' ? 1 : 0)}"
        >${`${Math.round(100 * share)} %`}</text
      >`
    }</g
  >`;
}

/** A part of a circle, starting at the top, as a dash pattern. */
function place(start: number, length: number): Markup {
  return html`pathLength="${ALL}" stroke-dasharray="${length} ${ALL}" stroke-dashoffset="${-start}"
  transform="${`rotate(-90 ${CENTRE} ${CENTRE})`}"`;
}

function at(along: number, radius: number): readonly [x: number, y: number] {
  const angle = (2 * Math.PI * along) / ALL - Math.PI / 2;
  return [CENTRE + radius * Math.cos(angle), CENTRE + radius * Math.sin(angle)];
}

/** The picture as text. */
function spoken({ move, numbers }: ClusterPicture, arcs: readonly Arc[]): string {
  const shares = arcs.map(({ number, share }) => `node ${number} owns ${percent(share)}`);
  const flows = (move?.flows ?? [])
    .slice(0, 12)
    .map(
      ({ from, to, fraction }) =>
        `${percent(fraction)} from node ${numbers.get(from) ?? from} to node ${numbers.get(to) ?? to}`,
    );
  return [shares.join(', '), ...(flows.length === 0 ? [] : [`moving: ${flows.join(', ')}`])].join('; ');
}
