/** The colours of one widget: the brand's own, made readable, on our light or dark surfaces. */
import { parseHex, readableShade, textOn } from '../../shared/color.ts';
import type { WidgetConfig } from '../../shared/types.ts';

const DEFAULT_BRAND = '#2f55d4';
/** The same as `--bubble` in style.css, the surface that is harder to read on. */
const BUBBLE = { light: '#f3f3f1', dark: '#2a2b2f' };

/** Sets the custom properties that style.css reads, and follows the visitor's choice of theme. */
export function applyColors(element: HTMLElement, config: WidgetConfig, signal: AbortSignal): void {
  const { primary_color, bubble_color, theme } = config;
  const brand = parseHex(primary_color) ?? DEFAULT_BRAND;
  const launcher = parseHex(bubble_color) ?? brand;
  const preference = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    const isDark = theme === 'dark' || (theme !== 'light' && preference.matches);
    const scheme = isDark ? 'dark' : 'light';
    const colors = {
      'color-scheme': scheme,
      '--brand': brand,
      '--on-brand': textOn(brand),
      '--link': readableShade(brand, BUBBLE[scheme]),
      '--launcher': launcher,
      '--on-launcher': textOn(launcher),
    };
    element.classList.toggle('dark', isDark);
    for (const [name, value] of Object.entries(colors)) element.style.setProperty(name, value);
  };
  apply();
  preference.addEventListener('change', apply, { signal });
}
