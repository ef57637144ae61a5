// Strict TypeScript and Svelte rules, plus the ban on every way to turn a string into markup.
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import { defineConfig, globalIgnores } from 'eslint/config';
import ts from 'typescript-eslint';

const buildNodes = 'Strings never become markup: build nodes instead.';

export default defineConfig(
  globalIgnores([
    'dist',
    'node_modules',
    'shared/api/schema.d.ts',
    'scripts',
    'tests/e2e',
    'dashboard/public',
    '**/*.config.*',
  ]),
  js.configs.recommended,
  ts.configs.strict,
  svelte.configs.recommended,
  {
    languageOptions: {
      parserOptions: { projectService: true, extraFileExtensions: ['.svelte'] },
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
  {
    rules: {
      'no-restricted-properties': [
        'error',
        { property: 'innerHTML', message: buildNodes },
        { property: 'outerHTML', message: buildNodes },
        { property: 'insertAdjacentHTML', message: buildNodes },
      ],
      'svelte/no-at-html-tags': 'error',
      // Our own router takes plain paths; this rule is about SvelteKit.
      'svelte/no-navigation-without-resolve': 'off',
      // TypeScript already finds names that do not exist.
      'no-undef': 'off',
    },
  },
);
