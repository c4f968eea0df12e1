/** The parts of the page that show a cluster. */
import type { ClusterPicture, PictureNode } from '../picture/picture.ts';
import type { Panel } from './document.ts';
import { headline } from './headline.ts';
import type { Markup } from './html.ts';
import { moves } from './moves.ts';
import { nodeCards } from './nodes.ts';
import { ring } from './ring.ts';
import { story } from './story.ts';
import { misses, requests } from './traffic.ts';

export function clusterPanels(
  picture: ClusterPicture,
  actions: (node: PictureNode) => Markup | undefined = () => undefined,
): readonly Panel[] {
  return [
    { id: 'headline', label: 'In a sentence', isCard: false, content: headline(picture) },
    { id: 'ring', label: 'The ring', isCard: true, content: ring(picture) },
    { id: 'nodes', label: 'The nodes', isCard: false, content: nodeCards(picture, actions) },
    { id: 'moves', label: 'Handovers and drains', isCard: true, content: moves(picture) },
    { id: 'story', label: 'What happened', isCard: true, content: story(picture) },
    { id: 'requests', label: 'Requests a second', isCard: true, content: requests(picture) },
    { id: 'misses', label: 'Reads that found nothing', isCard: true, content: misses(picture) },
  ];
}
