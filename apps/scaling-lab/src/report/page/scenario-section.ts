import type { Measurement } from '../../measure/measurement.ts';
import { SCENARIO_NAMES, SCENARIOS } from '../../scenarios/scenarios.ts';
import { STRATEGIES, STRATEGY_NAMES, type Strategy } from '../../apps/strategies.ts';
import { failures } from '../table.ts';
import { why } from '../why.ts';
import type { TimelineRecord } from '../../users/timeline.ts';
import { flowPlot } from './flow-plot.ts';
import { itemsInWords, itemsPlot } from './items-plot.ts';
import { count, escape, percent } from './markup.ts';
import { markList, spanOf, timelinePlot, type Span } from './timeline-plot.ts';

/** Everything about one scenario: the results of each strategy over time, and how keys moved. */
export function scenarioSection(
  scenario: string,
  measurements: readonly Measurement[],
  timelines: readonly TimelineRecord[],
): string {
  const name = SCENARIO_NAMES.find((each) => each === scenario);
  const does = name === undefined ? '' : SCENARIOS[name].does;
  const span = spanOf(timelines);
  const cards = timelines.map((timeline) =>
    card(
      timeline,
      measurements.filter(({ strategy }) => strategy === timeline.strategy),
      span,
    ),
  );
  return (
    `<section id="${escape(scenario)}"><h2>${escape(scenario)}</h2><p class="does">${escape(does)}</p>` +
    `${flows(timelines)}<div class="cards">${cards.join('')}</div></section>`
  );
}

function card(timeline: TimelineRecord, measurements: readonly Measurement[], span: Span): string {
  const facts = measurements.map(
    (measured) => `<dl>${measurements.length > 1 ? `<h4>${escape(measured.phase)}</h4>` : ''}${factsOf(measured)}</dl>`,
  );
  return (
    `<article class="card"><h3>${escape(timeline.strategy)}</h3>${timelinePlot(timeline, span)}${markList(timeline)}` +
    `<div class="below"><div class="facts">${facts.join('')}</div><figure>${itemsPlot(timeline)}<figcaption>Items on each node, before and after: ${itemsInWords(timeline)}</figcaption></figure></div></article>`
  );
}

function factsOf(measured: Measurement): string {
  const { users, found, expected, sawOlder, revived, left, traffic, nodeRequests } = measured;
  const out = found['logged-out'];
  const requests = Object.values(traffic).reduce((sum, each) => sum + each, 0);
  const extra = Math.max(0, nodeRequests.seen - nodeRequests.baseline);
  const theory =
    expected.loggedOut === undefined
      ? ''
      : ` <small>(theory: ${count(Math.round(expected.loggedOut * users))})</small>`;
  return [
    fact('logged out', `${count(out)} of ${count(users)}${theory}`, out > 0 ? 'logged-out-text' : ''),
    ...(out > 0 ? [fact('why', escape(why(measured)), '')] : []),
    ...(found.unavailable > 0 ? [fact('out of reach', count(found.unavailable), 'unreachable-text')] : []),
    fact('older state seen', count(sawOlder), sawOlder > 0 ? 'older-text' : ''),
    fact('logouts undone', `${count(revived)} of ${count(left)}`, revived > 0 ? 'revived-text' : ''),
    fact(
      'requests failed',
      `${count(failures(traffic))} of ${count(requests)}`,
      failures(traffic) > 0 ? 'unreachable-text' : '',
    ),
    fact('extra node requests', `+${count(extra)} <small>(${percent(extra, nodeRequests.baseline)})</small>`, ''),
  ].join('');
}

/** @param value markup, already escaped */
function fact(title: string, value: string, kind: string): string {
  return `<div><dt>${escape(title)}</dt><dd class="${kind}">${value}</dd></div>`;
}

/** One picture for each distribution, if the list changed. */
function flows(timelines: readonly TimelineRecord[]): string {
  const byStore = new Map<
    string,
    { readonly timeline: TimelineRecord; readonly strategy: Strategy; readonly names: string[] }
  >();
  for (const timeline of timelines) {
    const name = STRATEGY_NAMES.find((each) => each === timeline.strategy);
    const strategy = name === undefined ? undefined : STRATEGIES[name];
    if (strategy?.distribution === undefined || !listChanged(timeline)) continue;
    const kind = strategy.store === 'memjs' ? 'modulo' : 'ketama';
    const known = byStore.get(kind);
    if (known === undefined) byStore.set(kind, { timeline, strategy, names: [strategy.name] });
    else known.names.push(strategy.name);
  }
  const plots = Array.from(byStore.values(), ({ timeline, strategy, names }) => {
    const before = strategy.distribution?.(timeline.nodesBefore.map((id) => ({ id })));
    return before === undefined ? '' : flowPlot(before, timeline.nodesAfter, names.join(', '));
  });
  return plots.length === 0
    ? ''
    : `<div class="flows"><h4>Where keys go, from the nodes before (left) to those after (right)</h4>${plots.join('')}</div>`;
}

function listChanged({ nodesBefore, nodesAfter }: TimelineRecord): boolean {
  return nodesBefore.join() !== nodesAfter.join();
}
