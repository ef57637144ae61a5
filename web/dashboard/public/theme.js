// Blocking and external on purpose: no flash of the wrong theme, and the CSP stays script-src 'self'.
// src/lib/theme.svelte.ts writes what is read here.
(function () {
  var theme = null;
  try {
    theme = localStorage.getItem('rapport.theme');
  } catch {
    // Storage is blocked: follow the system.
  }
  var isDark =
    theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.classList.toggle('dark', isDark);
})();
