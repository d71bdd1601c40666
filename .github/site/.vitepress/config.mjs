import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'

const pom = readFileSync(new URL('../../../pom.xml', import.meta.url), 'utf8')
const version = pom.match(/<artifactId>tram-parent<\/artifactId>\s*<version>([^<]+)/)[1]

const pages = (titles) => Object.entries(titles).map(([page, text]) => ({ text, link: '/docs/' + page }))

// VitePress ends with an error at a link to a page that there is not; remark checks anchors and all other files.
export default defineConfig({
  title: 'TRAM for DJL',
  description: 'Sharpness-aware, trust-region-aware fine-tuning on the Deep Java Library',
  srcDir: '../..',
  srcExclude: ['tram-*/**', '**/node_modules/**', '.github/**', '**/target/**', 'docs/results/**'],
  outDir: './dist/' + version,
  cacheDir: './.vitepress/cache',
  base: (process.env.SITE_BASE ?? '/') + version + '/',
  rewrites: { 'README.md': 'index.md' },
  ignoreDeadLinks: [/\.java$/, /LICENSE/, /results\/[\w.-]+(\/|$)/, /adr(\/|$)/],
  // The pages lie outside this folder, where Vue is not found.
  vite: {
    resolve: {
      alias: Object.entries({
        'vue/server-renderer': 'vue/server-renderer/index.mjs',
        vue: 'vue/dist/vue.runtime.esm-bundler.js',
      }).map(([name, file]) => ({
        find: new RegExp('^' + name + '$'),
        replacement: fileURLToPath(new URL('../node_modules/' + file, import.meta.url)),
      })),
    },
  },
  markdown: { html: false, attrs: { disable: true } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: version, items: [{ text: 'Changes', link: '/docs/CHANGELOG' }] },
      { text: 'tram-core API', link: '/api/tram-core/index.html', target: '_self' },
      { text: 'tram-djl API', link: '/api/tram-djl/index.html', target: '_self' },
    ],
    sidebar: [
      {
        text: 'Begin',
        items: [{ text: 'Overview', link: '/' }, ...pages({
          quickstart: 'Quickstart',
          choosing: 'Which method?',
          transformers: 'Transformers',
          'training-guide': 'Training guide',
          deploy: 'Deploy',
          troubleshooting: 'Troubleshooting',
          migrating: 'Migrating from Python',
          glossary: 'Glossary',
        })],
      },
      {
        text: 'Reference',
        items: pages({
          methods: 'Methods',
          models: 'Models',
          data: 'Data',
          experiments: 'Experiments',
          diagnostics: 'Diagnostics',
          precision: 'Precision',
          gpu: 'On a GPU',
          scaling: 'Past one process',
        }),
      },
      {
        text: 'Evidence',
        items: pages({ results: 'Results', performance: 'Performance', 'archive/results': 'Notes on results', 'archive/performance': 'Notes on performance' }),
      },
      {
        text: 'Inside',
        items: pages({ architecture: 'Architecture', 'add-a-method': 'Add a method', releasing: 'Releasing', CHANGELOG: 'Changelog' }),
      },
    ],
  },
})
