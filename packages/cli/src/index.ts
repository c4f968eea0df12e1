export { clusterSettings, type ClusterSettings } from './cluster/settings.ts';
export { html, type Markup } from './page/html.ts';
export type { PageText, Panel } from './page/document.ts';
export type { CauseCounts, ClusterPicture, PictureCause, PictureNode } from './picture/picture.ts';
export { runCommand, type CommandStreams, type TextStream } from './run-command.ts';
export { openPicture, type OpenPicture, type PictureExtension, type PictureOptions } from './web/open-picture.ts';
