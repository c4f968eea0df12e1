import { html, type Markup, type Panel, type PictureNode } from '@sess/cli';
import type { StrategyRun } from '../environment/environment.ts';
import { REQUESTS_PER_SECOND, type LiveShop, type ShopCount } from './live-shop.ts';
import type { NodeAction, ServedNodes } from './served-nodes.ts';

/** A strategy and its users. */
export interface ServedShop {
  readonly strategyRun: StrategyRun;
  readonly shop: LiveShop;
}

const BUTTONS: Readonly<Record<NodeAction, string>> = {
  add: 'Add a node',
  drain: 'Drain',
  remove: 'Remove',
  crash: 'Crash',
  pause: 'Pause',
  resume: 'Resume',
  restart: 'Restart',
};
/** The possible actions for each state of a node. */
const POSSIBLE: Readonly<Record<string, readonly NodeAction[]>> = {
  running: ['drain', 'remove', 'crash', 'pause', 'restart'],
  paused: ['resume', 'remove'],
  crashed: ['restart', 'remove'],
};

/** The logged-out users of each strategy, side by side, and the actions for all clusters. */
export function scorePanel(shops: readonly ServedShop[], shown: StrategyRun, nodes: ServedNodes): Panel {
  const counts = shops.map(({ shop }) => shop.count);
  const most = Math.max(1, ...counts.map(({ loggedOutSoFar }) => loggedOutSoFar));
  const users = counts[0]?.users ?? 0;
  return {
    id: 'score',
    label: 'Who was logged out',
    isCard: true,
    content: html`<div class="score-head">
        <div>
          <h2>Who was logged out</h2>
          <p class="figure">
            ${`${users.toLocaleString('en')} users shop over each of these clusters, ${REQUESTS_PER_SECOND} requests a second. What you do to a node happens in all of them.`}
          </p>
        </div>
        ${nodes.canAdd && button('add')}
      </div>
      <ul class="score">
        ${shops.map(({ strategyRun }, place) => {
          const count = counts[place];
          return count === undefined
            ? undefined
            : score(strategyRun, count, most, strategyRun === shown && shops.length > 1);
        })}
      </ul>`,
  };
}

function score({ strategy }: StrategyRun, count: ShopCount, most: number, isShown: boolean): Markup {
  const { users, loggedIn, loggedOut, outOfReach, loggedOutSoFar } = count;
  const kind = loggedOutSoFar === 0 ? 'kept' : 'lost';
  return html`<li class="${kind}" data-key="${strategy.name}">
    <h3>${strategy.name}${isShown && html` <span>shown below</span>`}</h3>
    <p class="big"><b>${loggedOutSoFar.toLocaleString('en')}</b> logged out</p>
    ${level(loggedOutSoFar / most)}
    <p class="now">
      ${[
        `${loggedIn.toLocaleString('en')} of ${users.toLocaleString('en')} logged in`,
        ...(loggedOut > 0 ? [`${loggedOut.toLocaleString('en')} at the login form`] : []),
        ...(outOfReach > 0 ? [`${outOfReach.toLocaleString('en')} see an error`] : []),
      ].join(', ')}
    </p>
    <p class="explains">${strategy.does}</p>
  </li>`;
}

function level(part: number): Markup {
  return html`<svg class="chart level" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
    <rect class="track" width="100" height="6" />
    <rect class="fill" width="${100 * part}" height="6" />
  </svg>`;
}

/** The buttons of a node. */
export function nodeButtons(nodes: ServedNodes, { id, number, drain }: PictureNode): Markup | undefined {
  const node = nodes.nodes.find((each) => each.id === id);
  if (node === undefined) return undefined;
  const possible = (POSSIBLE[node.state] ?? []).filter((action) => {
    if (action === 'drain') return nodes.canDrain && drain === undefined && nodes.nodes.length > 1;
    return action !== 'remove' || nodes.nodes.length > 1;
  });
  return html`<div class="actions">${possible.map((action) => button(action, { id, number }))}</div>`;
}

function button(action: NodeAction, node?: { readonly id: string; readonly number: number }): Markup {
  const text = BUTTONS[action];
  return html`<button
    type="button"
    class="act ${action}"
    data-key="${action}"
    data-action="${action}"
    ${node !== undefined && html`data-node="${node.id}" aria-label="${`${text} node ${node.number}`}"`}
  >
    ${text}
  </button>`;
}

export const DEMO_STYLE = `
.score-head{display:flex;flex-wrap:wrap;gap:12px 24px;align-items:center;justify-content:space-between}
.score-head>div{flex:1 1 320px}
.score{display:grid;gap:16px 32px;grid-template-columns:repeat(auto-fit,minmax(min(100%,260px),1fr));margin-top:16px}
.score li{--c:var(--bad)}.score .kept{--c:var(--good)}
.score h3{font-size:16px}.score h3 span{color:var(--soft);font-weight:400;font-size:12px}
.big{color:var(--soft)}.big b{font-size:44px;line-height:1.1;font-weight:650;letter-spacing:-.02em;color:var(--c)}
.score .now{margin-top:8px}.score .explains{margin-top:0}
.actions{display:flex;flex-wrap:wrap;gap:8px;margin-top:12px}
.act{min-height:32px;padding:4px 12px;border:1px solid var(--soft);border-radius:8px;background:var(--card);font-weight:600}
.act:hover{background:var(--track)}
.act.add{background:var(--accent);border-color:var(--accent);color:var(--on);min-height:40px;padding:8px 20px}
.act.add:hover{opacity:.9}
.act.crash,.act.remove{border-color:var(--bad);color:var(--bad)}
`;
