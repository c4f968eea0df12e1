import { describe, expect, it } from 'vitest';

import { html } from './html.ts';

describe('html', () => {
  it('takes no text for markup, inside an element or a quoted attribute', () => {
    const hostile = `"><script>alert('x')</script>&\``;
    const { markup } = html`<p title="${hostile}">${hostile}</p>`;
    expect(markup).toBe(
      '<p title="&#34;&#62;&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;&#38;&#96;">&#34;&#62;&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;&#38;&#96;</p>',
    );
  });

  it('takes markup as it is, lists one after another, and nothing for what is not there', () => {
    const items = ['<a>', html`<b>1</b>`, [html`<b>2</b>`]];
    expect(html`${items}${undefined}${false}`.markup).toBe('&#60;a&#62;<b>1</b><b>2</b>');
  });

  it('rounds numbers to what can be seen, and leaves out indentation, but not that of a text', () => {
    const [third, text] = [1 / 3, 'a  b'];
    expect(html`${third}`.markup).toBe('0.33');
    const indented = ['<i>\n    ', '</i>'];
    expect(html(Object.assign(indented, { raw: indented }), text).markup).toBe('<i> a  b</i>');
  });
});
