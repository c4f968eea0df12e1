/** Settings of VitePress; copied beside the pages. */
import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';

const sidebar = JSON.parse(readFileSync(new URL('sidebar.json', import.meta.url), 'utf8'));

export default defineConfig({
  title: '@sess',
  description: 'User sessions in a memcached cluster whose nodes come and go',
  outDir: '../site',
  cleanUrls: true,
  ignoreDeadLinks: [/^\/api\//],
  markdown: {
    // Headings get GitHub's anchors, which the pages' links use.
    anchor: {
      slugify: (text) =>
        text
          .toLowerCase()
          .replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, '')
          .replaceAll(' ', '-'),
    },
    // `{{ }}` in a page is plain text, as in the repository.
    config: (markdown) => void markdown.set({ html: false }),
  },
  themeConfig: {
    search: { provider: 'local' },
    sidebar,
    outline: [2, 3],
    socialLinks: [{ icon: 'github', link: 'https://github.com/sess-js/sess' }],
  },
});
