import { describe, expect, it } from 'vitest';
import type { Client } from '$lib/crm/types';
import { chosenPatch, differences, usualSide } from './merge';

const one = (fields: Partial<Client>) => fields as Client;
const kept = one({ name: 'Ada', email: 'ada@a.example', phone: null, client_type: 'lead' });
const merged = one({ name: 'Ada L.', email: 'ada@a.example', phone: '+331', client_type: 'lead' });

describe('two clients side by side', () => {
  it('shows only where they differ', () => {
    expect(differences(kept, merged).map(({ field }) => field)).toEqual(['name', 'phone']);
  });

  it('keeps what is there and takes what is missing', () => {
    expect(differences(kept, merged).map(usualSide)).toEqual(['kept', 'merged']);
  });

  it('changes only what was chosen over something else', () => {
    const found = differences(kept, merged);
    expect(chosenPatch(found, {})).toBeNull();
    expect(chosenPatch(found, { phone: 'merged' })).toBeNull();
    expect(chosenPatch(found, { name: 'merged', phone: 'merged' })).toEqual({ name: 'Ada L.' });
  });
});
