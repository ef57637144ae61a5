/** What charts say, as rows. Pure. */
import type { Cell, Unit } from './types';
import { valueText } from './words';

/** Said where nothing is known. */
export const UNKNOWN = '–';

export function numberCell(
  value: number | null | undefined,
  unit: Unit,
  locale: string,
  onpick?: () => void,
): Cell {
  if (value === null || value === undefined) return { text: UNKNOWN };
  return { text: valueText(value, unit, locale), onpick };
}
