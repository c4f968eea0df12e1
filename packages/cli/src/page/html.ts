/** Markup that is safe by construction: inserted values are escaped, unless they are markup. */

export interface Markup {
  readonly markup: string;
}

type Value = Markup | string | number | undefined | false | readonly Value[];

/** A tagged template. Omits `undefined` and `false`. Attributes must be quoted. */
export function html(texts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return { markup: compact(texts).reduce((all, text, place) => all + rendered(values[place - 1]) + text) };
}

const compacted = new WeakMap<TemplateStringsArray, readonly string[]>();

/** Without the indentation of the source: the page is sent once a second. */
function compact(texts: TemplateStringsArray): readonly string[] {
  const known = compacted.get(texts) ?? texts.map((text) => text.replace(/\s+/g, ' '));
  compacted.set(texts, known);
  return known;
}

function rendered(value: Value): string {
  if (value === undefined || value === false) return '';
  if (typeof value === 'string') return escape(value);
  if (typeof value === 'number') return String(Math.round(value * 100) / 100);
  return isList(value) ? value.map(rendered).join('') : value.markup;
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Text that is safe inside an element or a quoted attribute. */
function escape(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}
