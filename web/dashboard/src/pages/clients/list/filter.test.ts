import { describe, expect, it } from 'vitest';
import { filterOf, listQuery, nextSort } from './filter';

describe('filterOf', () => {
  it('takes what the API knows and leaves the rest', () => {
    const search = '?q=ada&client_type=lead,customer&sort=name&columns=email&field.vat=FR1&tag=';
    expect(filterOf(search)).toEqual({
      q: 'ada',
      client_type: 'lead,customer',
      'field.vat': 'FR1',
    });
  });

  it('asks what a segment says even where nobody knows it, so that it is refused', () => {
    expect(filterOf('?lifecycle=lead&sort=name&segment=one')).toEqual({ lifecycle: 'lead' });
    expect(filterOf('?lifecycle=lead&sort=name')).toEqual({});
  });

  it('gives the same filter however the address is ordered', () => {
    expect(Object.keys(filterOf('?q=a&assigned_to=me'))).toEqual(
      Object.keys(filterOf('?assigned_to=me&q=a')),
    );
  });
});

describe('nextSort', () => {
  it('begins with the largest number, and turns around', () => {
    expect(nextSort('name', 'total_revenue')).toBe('-total_revenue');
    expect(nextSort('-total_revenue', 'total_revenue')).toBe('total_revenue');
    expect(nextSort('total_revenue', 'name')).toBe('name');
    expect(nextSort('name', 'name')).toBe('-name');
  });
});

describe('listQuery', () => {
  it('reads back what it wrote', () => {
    const filter = { q: 'é & ü', 'field.size': 'XL' };
    const search = listQuery(filter, 'name', ['name', 'email'], 'one');
    expect(filterOf(search)).toEqual(filter);
    expect(new URLSearchParams(search).get('columns')).toBe('name,email');
    expect(listQuery({}, '-last_contact_date', [], '')).toBe('');
  });
});
