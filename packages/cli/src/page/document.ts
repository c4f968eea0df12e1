/** The whole page, as it is first sent; later only changed panels are sent. */
import { html, type Markup } from './html.ts';

/** A part of the page that is redrawn with every poll. */
export interface Panel {
  readonly id: string;
  /** Label for screen readers, if the part has no heading. */
  readonly label: string;
  /** Whether it has a background of its own. */
  readonly isCard: boolean;
  readonly content: Markup;
}

export interface PageText {
  readonly title: string;
  /** The name of the cluster. */
  readonly subject: string;
}

export function pageDocument({ title, subject }: PageText, panels: readonly Panel[]): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="style.css" />
        <script src="script.js" type="module"></script>
      </head>
      <body>
        <header>
          <p class="brand">${MARK}<b>@sess</b> <span>${subject}</span></p>
          <p class="live" id="live" role="status">Connecting</p>
        </header>
        <main>
          ${panels.map(
            ({ id, label, isCard, content }) =>
              html`<section id="${id}" aria-label="${label}" ${isCard && html` class="card"`}>${content}</section>`,
          )}
        </main>
        <p id="said" role="status"></p>
        <noscript
          ><p class="error">
            This is how it was when the page was loaded; with JavaScript it follows the cluster.
          </p></noscript
        >
      </body>
    </html>`.markup;
}

/** A ring of three nodes. */
const MARK = html`<svg viewBox="0 0 24 24" aria-hidden="true">
  <g class="mark" fill="none" stroke-width="5" transform="rotate(-90 12 12)">
    <circle cx="12" cy="12" r="9" pathLength="90" stroke="#2f7fc4" stroke-dasharray="27 63" />
    <circle cx="12" cy="12" r="9" pathLength="90" stroke="#c27714" stroke-dasharray="27 63" stroke-dashoffset="-30" />
    <circle cx="12" cy="12" r="9" pathLength="90" stroke="#2b9a64" stroke-dasharray="27 63" stroke-dashoffset="-60" />
  </g>
</svg>`;

export const ICON: string = MARK.markup.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ');
