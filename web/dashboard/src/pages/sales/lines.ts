/** Lines of a deal or an order while they are written: texts as typed, read exactly or not at all. Pure. */
import { editableAmount, parseAmount, sumAmounts, timesAmount } from '$lib/crm/money';

export interface LineDraft {
  /** Of the row on screen. */
  key: number;
  product_id: string | null;
  sku: string | null;
  name: string;
  quantity: string;
  price: string;
}

interface StoredLine {
  product_id?: string | null;
  sku?: string | null;
  name: string;
  quantity: number;
  unit_price: string;
}

let nextKey = 1;

export function newLine(locale: string, line?: Partial<StoredLine>): LineDraft {
  return {
    key: nextKey++,
    product_id: line?.product_id ?? null,
    sku: line?.sku ?? null,
    name: line?.name ?? '',
    quantity: editableAmount(String(line?.quantity ?? 1), locale),
    price: line?.unit_price ? editableAmount(line.unit_price, locale) : '',
  };
}

/** “1,5” as “1.5”: above 0, three decimals at most; null where it is none. */
export function parseQuantity(text: string): string | null {
  const plain = text.trim().replace(/\s/g, '').replace(',', '.');
  return /^\d{1,7}(\.\d{1,3})?$/.test(plain) && Number(plain) > 0 ? plain : null;
}

/** What a line comes to; null while something of it cannot be read. */
export function lineTotal(line: LineDraft, locale: string): string | null {
  const quantity = parseQuantity(line.quantity);
  const price = parseAmount(line.price, locale);
  return quantity && price ? timesAmount(price, quantity) : null;
}

/** The sum of what can be read. */
export function linesTotal(lines: readonly LineDraft[], locale: string): string {
  return sumAmounts(lines.map((line) => lineTotal(line, locale) ?? '0.00'));
}

/** As the API takes them; null while something cannot be read. A line without anything in it is left out. */
export function linesBody(lines: readonly LineDraft[], locale: string) {
  const filled = lines.filter((line) => line.name.trim() || line.price.trim());
  const read = filled.map((line) => {
    const quantity = parseQuantity(line.quantity);
    const unit_price = parseAmount(line.price, locale);
    if (!quantity || !unit_price || unit_price.startsWith('-') || !line.name.trim()) return null;
    return {
      name: line.name.trim(),
      quantity: Number(quantity),
      unit_price,
      ...(line.product_id && { product_id: line.product_id }),
      ...(line.sku && { sku: line.sku }),
    };
  });
  return read.every((line) => line !== null) ? read : null;
}
