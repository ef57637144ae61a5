/** An address as shops send it, in lines. Pure: what it holds is up to the shop. */
export function addressLines(address: Record<string, unknown>): string[] {
  const text = (name: string) => {
    const value = address[name];
    return typeof value === 'string' ? value.trim() : '';
  };
  const known = [
    text('name'),
    text('company'),
    text('street') || text('address1') || text('line1'),
    text('address2') || text('line2'),
    [text('postal_code') || text('zip'), text('city')].filter(Boolean).join(' '),
    text('region') || text('state') || text('province'),
    text('country'),
  ].filter(Boolean);
  const all = Object.values(address).filter((value) => typeof value === 'string' && value !== '');
  return known.length > 0 ? known : (all as string[]);
}
