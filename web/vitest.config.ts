import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { CountReporter } from './scripts/count-reporter.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  resolve: {
    conditions: ['browser'],
    alias: {
      $shared: here('./shared'),
      $widget: here('./widget'),
      $lib: here('./dashboard/src/lib'),
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['{shared,widget,dashboard}/**/*.test.ts'],
    reporters: ['default', new CountReporter()],
  },
});
