import { expect, it } from 'vitest';
import { Form } from './form.svelte';

const stored = () => ({ name: 'Fennel', hours: { monday: ['09:00'] } });
const form = () => new Form(stored(), { save: (draft) => Promise.resolve(draft) });

it('follows what a colleague changes, and keeps what is being edited', () => {
  const open = form();
  open.draft.name = 'Fennel & Ash';
  open.follow({ name: 'Oak', hours: { monday: ['10:00'] } });
  expect(open.draft).toEqual({ name: 'Fennel & Ash', hours: { monday: ['10:00'] } });
  expect(open.isDirty).toBe(true);
  open.discard();
  expect(open.draft.name).toBe('Oak');
});

it('is not changed by being told the same again', () => {
  const open = form();
  open.follow(stored());
  expect(open.isDirty).toBe(false);
});
