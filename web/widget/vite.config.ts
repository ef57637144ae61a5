import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

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
      entry: here('./main.ts'),
      formats: ['iife'],
      name: 'RapportWidget',
      fileName: () => 'widget.js',
    },
  },
});
