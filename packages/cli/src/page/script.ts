/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
// oxlint-disable unicorn/consistent-function-scoping -- what is sent as text has all its functions inside of itself
/**
 * Runs in the browser: applies what the command sends, and nothing more. It is sent as text, so it refers to nothing
 * outside itself.
 */
export function browserScript(): void {
  const live = document.querySelector('#live');
  const said = document.querySelector('#said');
  const pointedOut = new CSSStyleSheet();
  document.adoptedStyleSheets = [pointedOut];
  let pointed: string | undefined;

  const source = new EventSource('events');
  source.addEventListener('message', ({ data }: MessageEvent<string>) => {
    const panels = JSON.parse(data) as Record<string, string>;
    for (const [id, markup] of Object.entries(panels)) show(document.querySelector(`#${id}`), markup);
    showPointedOut();
    tell('Live', false);
  });
  source.addEventListener('error', () => tell('Connection lost: has the command ended?', true));

  document.addEventListener('click', ({ target }) => {
    if (!(target instanceof Element)) return;
    const pointer = target.closest<HTMLElement>('[data-point-out]')?.dataset['pointOut'];
    if (pointer !== undefined) {
      pointed = pointed === pointer ? undefined : pointer;
      showPointedOut();
    }
    const button = target.closest<HTMLButtonElement>('button[data-action]');
    if (button !== null) void act(button);
  });

  /** `data-action` names the action, `data-node` the node. */
  async function act(button: HTMLButtonElement): Promise<void> {
    const { action = '', node } = button.dataset;
    say(`${button.getAttribute('aria-label') ?? button.textContent} …`);
    try {
      const answer = await fetch(`actions/${action}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ node }),
      });
      say(await answer.text());
    } catch {
      say('Nothing answered: has the command ended?');
    }
  }

  function say(text: string): void {
    if (said !== null) said.textContent = text;
  }

  function tell(text: string, isLost: boolean): void {
    if (live === null || live.textContent === text) return;
    live.textContent = text;
    live.classList.toggle('lost', isLost);
  }

  function showPointedOut(): void {
    for (const button of document.querySelectorAll<HTMLElement>('[data-point-out]'))
      button.setAttribute('aria-pressed', String(button.dataset['pointOut'] === pointed));
    pointedOut.replaceSync(
      pointed === undefined ? '' : `[data-part]:not([data-part="${CSS.escape(pointed)}"]){opacity:.25}`,
    );
  }

  function show(panel: Element | null, markup: string): void {
    if (panel === null) return;
    const template = document.createElement('template');
    template.innerHTML = markup;
    takeOverChildren(panel, template.content);
  }

  /** Changes only what differs, so that focus is kept and movements stay smooth. */
  function takeOver(from: Node, to: Node): Node {
    if (from.nodeName !== to.nodeName || keyOf(from) !== keyOf(to)) {
      from.parentNode?.replaceChild(to, from);
      return to;
    }
    if (from instanceof Element && to instanceof Element) {
      takeOverAttributes(from, to);
      takeOverChildren(from, to);
    } else if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue;
    return from;
  }

  function takeOverAttributes(from: Element, to: Element): void {
    for (const { name, value } of to.attributes)
      if (name !== 'aria-pressed' && from.getAttribute(name) !== value) from.setAttribute(name, value);
    for (const name of from.getAttributeNames()) if (!to.hasAttribute(name)) from.removeAttribute(name);
  }

  /** Finds an element that has a key by that key, at any position. */
  function takeOverChildren(from: Node, to: Node): void {
    const keyed = new Map(
      [...from.childNodes].flatMap((child) => (keyOf(child) === null ? [] : [[keyOf(child), child]])),
    );
    let place = from.firstChild;
    for (const wanted of Array.from(to.childNodes)) {
      const known = keyOf(wanted) === null ? undefined : keyed.get(keyOf(wanted));
      if (known !== undefined && known !== place) from.insertBefore(known, place);
      const current = known ?? place;
      if (current === null || (known === undefined && keyOf(wanted) !== null)) from.insertBefore(wanted, place);
      else place = takeOver(current, wanted).nextSibling;
    }
    while (place !== null) {
      const next = place.nextSibling;
      place.remove();
      place = next;
    }
  }

  function keyOf(node: Node): string | null {
    return node instanceof Element ? node.getAttribute('data-key') : null;
  }
}
