import { objectionLines, type Report } from '../../measure/report.ts';
import { STRATEGIES, STRATEGY_NAMES } from '../../apps/strategies.ts';
import { count, escape } from './markup.ts';
import { sentence } from '../sentence.ts';
import { WHY_LEGEND } from '../why.ts';
import { matrix } from './matrix.ts';
import { scenarioSection } from './scenario-section.ts';
import { STYLE } from './style.ts';

const LEGEND = [
  ['var(--out)', 'logged out'],
  ['var(--reach)', 'out of reach (503) or failed'],
  ['var(--older)', 'an older state'],
  ['var(--keep)', 'logged in, as they should be'],
] as const;

/** The report as one self-contained page, without external scripts, fonts or pictures. */
export function renderPage(report: Report): string {
  const { users, runtime, apps, nodes, node, startedAt, durationMs } = report;
  const scenarios = [...new Set(report.measurements.map(({ scenario }) => scenario))];
  const sections = scenarios.map((scenario) =>
    scenarioSection(
      scenario,
      report.measurements.filter((each) => each.scenario === scenario),
      report.timelines.filter((each) => each.scenario === scenario),
    ),
  );
  const objections = objectionLines(report);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Scaling lab: who was logged out</title>
<style>${STYLE}</style>
</head>
<body><main>
<h1>Who was logged out</h1>
<p class="lead shown">${escape(sentence(report.measurements))}</p>
<p class="lead">Users log in to a shop and go on using it while the memcached cluster behind it changes. Then everybody is asked for once. In each cell: the share of users who had to log in again, and why.</p>
<p class="run">${count(users)} users per strategy · ${nodes} nodes, ${escape(runtime)} · ${apps} Fastify and ${apps} Koa ${apps === 1 ? 'process' : 'processes'} each · Node.js ${escape(node)} · ${escape(startedAt.slice(0, 16).replace('T', ' '))} UTC · ${(durationMs / 1_000).toFixed(0)} s</p>
${objections.length === 0 ? '' : `<div class="objections"><h4>Not as expected</h4>${objections.map((line) => `<p>${escape(line)}</p>`).join('')}</div>`}
${matrix(report)}
<dl class="strategies">${STRATEGY_NAMES.filter((name) => report.measurements.some(({ strategy }) => strategy === name))
    .map((name) => `<div><dt>${name}</dt><dd>${escape(STRATEGIES[name].does)}</dd></div>`)
    .join('')}</dl>
<p class="lead">${escape(WHY_LEGEND)}.</p>
<ul class="legend">${LEGEND.map(([colour, text]) => `<li><i style="background:${colour}"></i>${text}</li>`).join('')}</ul>
${sections.join('\n')}
<footer>
<p>Curves: of the requests that users sent in half a second, the share that was answered so. Theory and the pictures of where keys go are computed from the lists of nodes of this run; everything else was counted. Extra node requests: what the nodes were asked for during the event, beyond what that traffic costs when nothing happens.</p></footer>
</main></body>
</html>
`;
}
