/** What can be computed of how a page looks. They run in the browser, so they are texts. */

/** Elements that stick out at the right, and the page itself where it can be moved sideways. */
export const sidewaysOverflow = `(() => {
  const width = document.documentElement.clientWidth;
  const sticksOut = [...document.body.querySelectorAll('*')]
    .filter((element) => !element.closest('svg') || element.tagName === 'svg')
    .filter((element) => element.getBoundingClientRect().right > width + 1 && element.getClientRects().length > 0)
    .filter((element) => !element.closest('[data-scrolls]'))
    .map((element) => element.tagName + '.' + element.className);
  return [...sticksOut, ...(document.documentElement.scrollWidth > width ? ['the page'] : [])];
})()`;

/**
 * Texts whose contrast with what is behind them is below that of WCAG 2.2, 1.4.3: 4.5 to 1, or 3 to 1 for large ones. In a
 * drawing, what is behind is what was painted there before.
 */
export const lowContrasts = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r, g, b].map((part, at) => (part * a + [R, G, B][at] * (255 - a)) / 255);
  const luminance = (colour) => {
    const [r, g, b] = colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  /** A shape beneath a text of a drawing: the last before it whose painted line or area has its middle. */
  const shapeBehind = (text) => {
    const { x, y, width, height } = text.getBoundingClientRect();
    const svg = text.closest('svg');
    const point = new DOMPoint(x + width / 2, y + height / 2);
    const all = [...svg.querySelectorAll('circle, rect, path')].filter(
      (shape) => !shape.closest('defs') && shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING,
    );
    return all.findLast((shape) => {
      const local = point.matrixTransform(shape.getScreenCTM().inverse());
      const { fill, stroke } = getComputedStyle(shape);
      return (fill !== 'none' && shape.isPointInFill(local)) || (stroke !== 'none' && !stroke.startsWith('url') && shape.isPointInStroke(local));
    });
  };
  const backgroundOf = (element) => {
    const layers = [];
    for (let each = element; each !== null; each = each.parentElement) {
      const colour = rgba(getComputedStyle(each).backgroundColor);
      layers.push(colour);
      if (colour[3] === 255) break;
    }
    return layers.toReversed().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() === '' || element.getClientRects().length === 0 || element.closest('noscript, script, style, title')) continue;
    const style = getComputedStyle(element);
    let behind = backgroundOf(element);
    if (element.closest('svg')) {
      const shape = shapeBehind(element);
      if (shape) {
        const { fill, stroke } = getComputedStyle(shape);
        behind = over(rgba(fill === 'none' ? stroke : fill), behind);
      }
    }
    const front = over(rgba(element.closest('svg') ? style.fill : style.color), behind);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = contrast(front, behind);
    if (ratio < (isLarge ? 3 : 4.5)) found.push(node.data.trim().slice(0, 40) + ': ' + ratio.toFixed(2) + ' (' + element.tagName + '.' + element.className + ')');
  }
  return found;
})()`;
