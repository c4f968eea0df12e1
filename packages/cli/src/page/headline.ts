/** The state of the cluster in one sentence, and what it means. */
import type { ClusterPicture, PictureNode } from '../picture/picture.ts';
import { count, percent, plural } from '../output/format.ts';
import { html, type Markup } from './html.ts';

interface Headline {
  readonly state: 'still' | 'moving' | 'trouble';
  readonly text: string;
  readonly means: string;
}

export function headline(picture: ClusterPicture): Markup {
  const { state, text, means } = headlineOf(picture);
  return html`<h1 class="${state}">${text}</h1>
    <p>${means}</p>`;
}

function headlineOf(picture: ClusterPicture): Headline {
  const { nodes, status, move } = picture;
  const down = nodes.filter(({ health, isListed }) => health === 'down' && isListed);
  if (down.length > 0) return trouble(down, status.copies);
  const draining = nodes.filter(({ drain }) => drain === 'draining');
  if (draining.length > 0)
    return {
      state: 'moving',
      text: `${named(draining)} ${draining.length === 1 ? 'is' : 'are'} being drained.`,
      means: 'The sessions are brought to the other nodes; nobody is logged out. Remove a node once it says drained.',
    };
  if (move !== undefined && move.moved > 0)
    return {
      state: 'moving',
      text: `${percent(move.moved)} of the sessions have another owner now.`,
      means:
        move.phase === 'closing'
          ? 'What is left on the earlier owners is being brought to where it belongs.'
          : 'Earlier owners are asked until their sessions have moved; nobody is logged out.',
    };
  const items = nodes.reduce((sum, { figures }) => sum + (figures?.items ?? 0), 0);
  return {
    state: 'still',
    text: `${plural(nodes.length, 'node holds', 'nodes hold')} ${plural(items, 'item')}. Nothing is moving.`,
    means:
      status.copies === 1
        ? 'One copy of each session: a node that is lost takes along what it holds.'
        : `${count(status.copies)} copies of each session: one node can be lost without logging anyone out.`,
  };
}

function trouble(down: readonly PictureNode[], copies: number): Headline {
  const [one] = down;
  const items = down.reduce((sum, each) => sum + (each.items ?? 0), 0);
  return {
    state: 'trouble',
    text: `${named(down)} ${down.length === 1 ? 'does' : 'do'} not answer.`,
    means:
      copies > 1 && down.length < copies
        ? 'Its sessions are read from their other copies.'
        : `Sessions that only ${down.length === 1 ? 'it holds' : 'they hold'} are out of reach${
            items > 0 ? ` (about ${count(items)})` : ''
          }: users get an error, and are not logged out. ${one?.error ?? ''}`,
  };
}

function named(nodes: readonly PictureNode[]): string {
  const all = nodes.map(({ number }) => number);
  if (all.length === 1) return `Node ${all[0]}`;
  if (all.length > 4) return `${all.length} nodes`;
  return `Nodes ${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
}
