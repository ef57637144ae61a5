/**
 * Amounts of money: strings with two decimals ("1234.50"), as the server sends them. They are written by `Intl` from the
 * string and added in cents, so that no binary fraction comes between. Amounts of different currencies are never added.
 */

/** An amount in a currency, as in the totals of lists and reports. */
export interface CurrencyTotal {
  currency: string;
  count: number;
  total: string;
}

type Style = 'full' | 'short';

const formats = new Map<string, Intl.NumberFormat>();

function formatOf(currency: string, locale: string, style: Style): Intl.NumberFormat {
  const key = `${locale} ${currency} ${style}`;
  const made =
    formats.get(key) ??
    new Intl.NumberFormat(locale, {
      style: 'currency',
      currency,
      currencyDisplay: 'narrowSymbol',
      ...(style === 'short' && {
        notation: 'compact',
        minimumFractionDigits: 0,
        maximumFractionDigits: 1,
      }),
      ...(style === 'full' && { minimumFractionDigits: 2 }),
    });
  formats.set(key, made);
  return made;
}

/** “€1,234.50”, “1 234,50 €”: what the locale writes. */
export function formatMoney(amount: string, currency: string, locale: string): string {
  return formatOf(currency, locale, 'full').format(exactly(amount));
}

/** “€1.2K”; where there is little room. */
export function formatMoneyShort(amount: string, currency: string, locale: string): string {
  return formatOf(currency, locale, 'short').format(exactly(amount));
}

/** The sum of amounts of one currency. */
export function sumAmounts(amounts: readonly string[]): string {
  return fromCents(amounts.reduce((sum, amount) => sum + toCents(amount), 0n));
}

/** `amount` so many times; `quantity` may have up to four decimals. Half a cent is rounded away from zero. */
export function timesAmount(amount: string, quantity: string): string {
  const [whole = '0', rest = ''] = quantity.split('.');
  const scaled = BigInt(whole + rest.slice(0, 4).padEnd(4, '0'));
  const product = toCents(amount) * scaled;
  const half = product < 0n ? -5_000n : 5_000n;
  return fromCents((product + half) / 10_000n);
}

/** Whether it is nothing, or less. */
export function isZeroOrLess(amount: string): boolean {
  return toCents(amount) <= 0n;
}

/** Negative when `one` is less than `other`; of the same currency. */
export function compareAmounts(one: string, other: string): number {
  const difference = toCents(one) - toCents(other);
  return difference < 0n ? -1 : Number(difference > 0n);
}

/**
 * What somebody typed (“1 234,50”, “1,234.5”, “€ 1'234.50”) as an amount, or null where it is none. The last point or
 * comma begins the decimals, unless exactly three digits follow it and it is the locale's sign between thousands.
 */
export function parseAmount(text: string, locale: string): string | null {
  const plain = text.replace(/[\s\u00a0\u202f'’]|\p{Sc}/gu, '');
  const match = /^(-?)(\d[\d.,]*|[.,]\d+)$/.exec(plain);
  if (!match) return null;
  const [, sign = '', digits = ''] = match;
  const at = Math.max(digits.lastIndexOf('.'), digits.lastIndexOf(','));
  if (at < 0) return `${sign}${normal(digits)}.00`;
  const decimals = digits.slice(at + 1);
  const before = digits.slice(0, at);
  const mark = digits.charAt(at);
  const isGroup = decimals.length === 3 && (before.includes(mark) || mark === groupSign(locale));
  const whole = (isGroup ? digits : before).replace(/[.,]/g, '');
  if (isGroup) return `${sign}${normal(whole)}.00`;
  return decimals.length > 2 ? null : `${sign}${normal(whole)}.${decimals.padEnd(2, '0')}`;
}

/** The amount as a field shows it, to be changed: with the decimal sign of the locale. */
export function editableAmount(amount: string, locale: string): string {
  const sign = new Intl.NumberFormat(locale)
    .formatToParts(0.5)
    .find(({ type }) => type === 'decimal');
  return amount.replace('.', sign?.value ?? '.');
}

/** Currencies by their code, the one given first, with their names. */
export function currencyOptions(first: string, locale: string): { value: string; label: string }[] {
  const names = new Intl.DisplayNames(locale, { type: 'currency' });
  const all = Intl.supportedValuesOf('currency');
  return [first, ...all.filter((code) => code !== first)].map((code) => ({
    value: code,
    label: `${code} – ${names.of(code) ?? code}`,
  }));
}

function groupSign(locale: string): string {
  const parts = new Intl.NumberFormat(locale, { useGrouping: 'always' }).formatToParts(1_234_567);
  return parts.find(({ type }) => type === 'group')?.value ?? '';
}

function normal(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '') || '0';
}

/** `Intl` reads decimal strings without making them a binary fraction first. */
function exactly(amount: string): Intl.StringNumericLiteral {
  return amount as Intl.StringNumericLiteral;
}

function toCents(amount: string): bigint {
  const [whole = '0', decimals = ''] = amount.replace('-', '').split('.');
  const cents = BigInt(whole + decimals.padEnd(2, '0').slice(0, 2));
  return amount.startsWith('-') ? -cents : cents;
}

function fromCents(cents: bigint): string {
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
