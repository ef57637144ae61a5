/** Light, dark or the system's choice. `public/theme.js` applies the stored one before the first paint. */

import { recall, remember } from './remember';

export type Theme = 'auto' | 'light' | 'dark';

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

const current = $state({ theme: stored() });

export function theme(): Theme {
  return current.theme;
}

/** Changes the theme at once and remembers it. */
export function setTheme(next: Theme): void {
  current.theme = next;
  remember('theme', next);
  apply();
}

/** Follows the system while the theme is `auto`. Returns the way to stop. */
export function followSystemTheme(): () => void {
  apply();
  systemIsDark.addEventListener('change', apply);
  return () => {
    systemIsDark.removeEventListener('change', apply);
  };
}

function apply(): void {
  const isDark = current.theme === 'dark' || (current.theme === 'auto' && systemIsDark.matches);
  document.documentElement.classList.toggle('dark', isDark);
}

function stored(): Theme {
  const value = recall('theme');
  return value === 'light' || value === 'dark' ? value : 'auto';
}
