/** Small charts over time. They are stretched to the available space, so they contain no text. */
import { html, type Markup } from './html.ts';

/** Units of a chart's coordinates. */
const WIDTH = 240;
const HEIGHT = 60;

export interface Layer {
  readonly kind: string;
  /** Its node, so that the page can highlight it. */
  readonly part?: number;
  readonly values: readonly number[];
}

/** Stacked areas; `slots` values fill the width, the last one at the right. */
export function areas(layers: readonly Layer[], slots: number, most: number): Markup {
  let below: readonly number[] = [];
  const drawn = layers.map(({ kind, part, values }) => {
    const above = values.map((value, place) => value + (below[place] ?? 0));
    const outline = [
      ...points(above, slots, most),
      ...points(below.length === 0 ? above.map(() => 0) : below, slots, most).toReversed(),
    ];
    below = above;
    return html`<polygon
      class="area ${kind}"
      ${part !== undefined && html` data-part="${part}"`}
      points="${outline.join(' ')}"
    />`;
  });
  return chart(drawn, 'areas');
}

/** One line, with the area below it filled. */
export function line(kind: string, values: readonly number[], slots: number, most: number): Markup {
  const top = points(values, slots, most);
  const [first, last] = [top[0]?.split(',')[0] ?? '0', top.at(-1)?.split(',')[0] ?? '0'];
  return chart(
    html`<polygon
        class="under ${kind}"
        points="${[`${first},${HEIGHT}`, ...top, `${last},${HEIGHT}`].join(' ')}"
      /><polyline class="line ${kind}" points="${top.join(' ')}" />`,
    'spark',
  );
}

/** Stacked bars. */
export function bars(layers: readonly Layer[], slots: number, most: number): Markup {
  const width = WIDTH / slots;
  const sums: number[] = [];
  const drawn = layers.flatMap(({ kind, values }) =>
    values.map((value, place) => {
      if (value === 0) return html``;
      const bottom = sums[place] ?? 0;
      sums[place] = bottom + value;
      const x = WIDTH - (values.length - place) * width;
      const height = (value / most) * HEIGHT;
      const y = HEIGHT - (bottom / most) * HEIGHT - height;
      return html`<rect class="bar ${kind}" x="${x}" y="${y}" width="${width * 0.8}" height="${height}" />`;
    }),
  );
  return chart(drawn, 'bars');
}

function chart(content: Markup | readonly Markup[], kind: string): Markup {
  return html`<svg class="chart ${kind}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
    ${content}
  </svg>`;
}

function points(values: readonly number[], slots: number, most: number): readonly string[] {
  const step = WIDTH / Math.max(1, slots - 1);
  return values.map((value, place) => {
    const x = WIDTH - (values.length - 1 - place) * step;
    const y = HEIGHT - (Math.min(value, most) / most) * (HEIGHT - 2);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
}
