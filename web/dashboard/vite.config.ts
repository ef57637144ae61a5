import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwindcss from '@tailwindcss/vite';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The Rust server that `npm run dev` talks to. */
const server = process.env.RAPPORT_URL ?? 'http://127.0.0.1:8080';

/** Of `src/lib`, what many pages use but the first screen does not: it comes with the first page that wants it. */
const later =
  'charts|crm|markdown|fold|csv|percent|plan-words|random-id|tool-words|' +
  'ui[\\\\/](Confirm|CopyBlock|Dialog|Field|LeaveGuard|PlanUses|Progress|Select|Sheet|Switch|Tabs|Thumb|Tooltip|place)|' +
  'data[\\\\/](automation|channels|contacts|escalations|evaluation|inbox-settings|knowledge|leads|meetings|messages|' +
  'messaging|playground|promise|provenance|timeline|tools|versions)';

export default defineConfig({
  root: here('.'),
  base: '/app/',
  publicDir: here('./public'),
  plugins: [tailwindcss(), svelte({ configFile: false })],
  resolve: { alias: { $shared: here('../shared'), $lib: here('./src/lib') } },
  server: { proxy: { '/api': server, '/hooks': server, '/widget.js': server } },
  build: {
    outDir: here('../dist/dashboard'),
    emptyOutDir: true,
    target: 'es2022',
    // Inlined files would be data: URLs, which the CSP does not allow for fonts.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // The first file lists the names of all others, so they are short; the check of sizes looks for the inbox.
        chunkFileNames: ({ name }) =>
          name === 'Inbox' ? 'assets/Inbox-[hash].js' : 'assets/[hash].js',
        // One file of what every page needs compresses better than thirty small ones.
        codeSplitting: {
          groups: [
            {
              name: 'base',
              test: /node_modules[\\/](svelte|@tanstack|esm-env|clsx|virtua|openapi-fetch)[\\/]/,
            },
            {
              name: 'shell',
              test: new RegExp(`src[\\\\/](lib(?![\\\\/](${later})\\b)|shell)[\\\\/]`),
              minShareCount: 4,
            },
            {
              // What the first screen draws; each alone would be a file of its own.
              name: 'icons',
              test: /icons[\\/](alarm-clock|arrow-up|book-open|bot|chart-column|check|chevron-down|circle-question-mark|flask-conical|handshake|house|inbox|list-filter|message-circle|package|plug|search|settings|shopping-bag|timer|users)\./,
            },
            {
              name: 'inbox-parts',
              test: /src[\\/]pages[\\/]inbox[\\/][\w.-]+$/,
              minShareCount: 2,
            },
            {
              name: 'forms',
              test: /src[\\/]lib[\\/](ui|data)[\\/]/,
              minShareCount: 8,
            },
          ],
        },
      },
    },
  },
});
