import type { Measurement } from '../../measure/measurement.ts';
import type { Report } from '../../measure/report.ts';
import { STRATEGIES, STRATEGY_NAMES } from '../../apps/strategies.ts';
import { why } from '../why.ts';
import { count, escape, percent } from './markup.ts';

/** The whole result at a glance: a row for each event, a column for each strategy. */
export function matrix({ measurements }: Report): string {
  // This project's strategies come first: on a narrow screen, only the first columns are visible.
  const there = STRATEGY_NAMES.filter((name) => measurements.some(({ strategy }) => strategy === name));
  const strategies = [
    ...there.filter((name) => STRATEGIES[name].judged),
    ...there.filter((name) => !STRATEGIES[name].judged),
  ];
  const events = [...new Map(measurements.map((measured) => [eventOf(measured), measured])).entries()];
  const head = strategies.map((name) => `<th scope="col" role="columnheader">${escape(name)}</th>`).join('');
  const rows = events.map(([event, { scenario, phase }]) => {
    const cells = strategies.map((name) =>
      cell(
        name,
        measurements.find((each) => eventOf(each) === event && each.strategy === name),
      ),
    );
    return `<tr role="row"><th scope="row" role="rowheader"><a href="#${escape(scenario)}">${escape(scenario)}</a> <span>${escape(phase)}</span></th>${cells.join('')}</tr>`;
  });
  return `<table class="matrix" role="table"><thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">event</th>${head}</tr></thead><tbody role="rowgroup">${rows.join('')}</tbody></table>`;
}

function cell(name: string, measured: Measurement | undefined): string {
  const strategy = `role="cell" data-strategy="${escape(name)}"`;
  if (measured === undefined) return `<td class="absent" ${strategy}>as sess</td>`;
  const { users, found, sawOlder, revived } = measured;
  const out = found['logged-out'];
  const notes = [
    ...(found.unavailable > 0
      ? [`<small class="unreachable-text">${percent(found.unavailable, users)} out of reach</small>`]
      : []),
    ...(revived > 0 ? [`<small class="revived-text">${count(revived)} revived</small>`] : []),
    ...(sawOlder > 0 ? [`<small class="older-text">${count(sawOlder)} older state</small>`] : []),
  ];
  const share = users === 0 ? 0 : out / users;
  const fine = out === 0 && notes.length === 0;
  return (
    `<td class="${fine ? 'fine' : 'loss'}" ${strategy} style="--share:${share.toFixed(3)}">` +
    `<b>${out === 0 ? '0' : percent(out, users)}</b>${out === 0 ? '' : `<small>${count(out)} of ${count(users)}</small><small>${escape(why(measured))}</small>`}${notes.join('')}</td>`
  );
}

function eventOf({ scenario, phase }: Measurement): string {
  return `${scenario}/${phase}`;
}
