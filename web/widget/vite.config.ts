import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** `widget.js`, or with WIDGET_PART=extras the part that is fetched when it is wanted. */
const isExtras = process.env.WIDGET_PART === 'extras';

export default defineConfig({
  root: here('.'),
  publicDir: false,
  resolve: { alias: { $shared: here('../shared') } },
  build: {
    outDir: here('../dist'),
    // The dashboard is built into a folder of the same dist.
    emptyOutDir: false,
    target: 'es2022',
    // Some 300 bytes smaller than the default; every page of every customer loads this file.
    minify: 'terser',
    terserOptions: { ecma: 2020, compress: { passes: 3, unsafe_arrows: true } },
    reportCompressedSize: false,
    lib: {
      entry: here(isExtras ? './extras/main.ts' : './main.ts'),
      formats: [isExtras ? 'es' : 'iife'],
      name: 'RapportWidget',
      fileName: () => (isExtras ? 'widget-extras.js' : 'widget.js'),
    },
  },
});
