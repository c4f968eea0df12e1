/** Formats figures for people. */

const COUNT = new Intl.NumberFormat('en-US');
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
/** The name of each unit, and how many make the next one. */
const TIME_UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
];

export function count(value: number): string {
  return COUNT.format(value);
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

export function bytes(value: number): string {
  const power = Math.min(BYTE_UNITS.length - 1, value < 1 ? 0 : Math.floor(Math.log2(value) / 10));
  return `${power === 0 ? value : (value / 1_024 ** power).toFixed(1)} ${BYTE_UNITS[power] ?? ''}`;
}

/** A duration in its two largest units: `3 d 4 h`, `41 s`. */
export function duration(seconds: number): string {
  if (seconds === Infinity) return 'for ever';
  let left = Math.max(0, Math.round(seconds));
  const first = TIME_UNITS.findIndex(([, unit]) => left >= unit);
  if (first === -1) return '0 s';
  return TIME_UNITS.slice(first, first + 2)
    .flatMap(([name, unit]) => {
      const amount = Math.floor(left / unit);
      left -= amount * unit;
      return amount === 0 ? [] : [`${amount} ${name}`];
    })
    .join(' ');
}

export function plural(amount: number, one: string, many: string = `${one}s`): string {
  return `${count(amount)} ${amount === 1 ? one : many}`;
}

/** How many sessions are on their owners, the rate, and the estimated time left. */
export function progressText({
  sessions,
  moved,
  perSecond,
  secondsLeft,
}: {
  readonly sessions: number;
  readonly moved: number;
  readonly perSecond: number | undefined;
  readonly secondsLeft: number | undefined;
}): string {
  if (sessions === 0) return 'No session has to move.';
  const arrived = Math.round(sessions * moved);
  return [
    `about ${count(arrived)} of ${plural(sessions, 'session')} moved (${Math.round(100 * moved)} %)`,
    ...(perSecond === undefined ? [] : [`${count(Math.max(1, Math.round(perSecond)))} a second`]),
    ...(secondsLeft === undefined || moved >= 1 ? [] : [`${duration(Math.ceil(secondsLeft))} left`]),
  ].join(', ');
}
