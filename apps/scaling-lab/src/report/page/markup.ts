/** Text that is safe inside an element or a quoted attribute. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A number for a coordinate: two decimals at most. */
export function place(value: number): string {
  return String(Math.round(value * 100) / 100);
}

export function count(number: number): string {
  return number.toLocaleString('en');
}

/** A rounded percentage. Only exact values become 0 % or 100 %. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '–';
  const exact = (part / whole) * 100;
  const rounded = Math.round(exact);
  if ((rounded === 0 && part > 0) || (rounded === 100 && part < whole)) return `${exact.toFixed(1)} %`;
  return `${rounded} %`;
}
