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
    reportCompressedSize: false,
    lib: {
      entry: here('./main.ts'),
      formats: ['iife'],
      name: 'RapportWidget',
      fileName: () => 'widget.js',
    },
  },
});
